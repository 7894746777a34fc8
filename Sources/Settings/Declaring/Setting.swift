/// A setting with the type its text becomes. Declared once, as a stored property of a `SettingGroup`; its flag, the table on
/// the program's page, `--help`, the lines of the env examples and the value itself all come from that declaration.
///
/// The kinds (`integer`, `span`, `choice`, …) say what it holds; what is for people is said by the functions below:
///
///     let reactors = Setting<Int>.integer(
///         "LB_REACTORS", "Reactor threads of the data plane; 0: one for each core.", in: 0...256, fallback: 0
///     ).shown(in: .service, .offered)
package struct Setting<Value: Sendable>: Sendable {
    package private(set) var description: SettingDescription
    /// Holds when the setting is absent, and stands in for a refused value until all problems are reported.
    package let fallback: Value
    /// Throws for what is no value. Never called with an empty text: that counts as not set.
    package let parse: @Sendable (String) throws(SettingRefusal) -> Value

    /// For the kinds of `Setting+Kinds.swift`, and for one that is not among them.
    package init(
        description: SettingDescription, fallback: Value,
        parse: @escaping @Sendable (String) throws(SettingRefusal) -> Value
    ) {
        self.description = description
        self.fallback = fallback
        self.parse = parse
    }

    /// Further names that mean the same; of all names the first that a source has wins.
    package func alsoNamed(_ names: String...) -> Setting { changed { $0.aliases += names } }

    /// The program does not start without it.
    package func required() -> Setting { changed { $0.isRequired = true } }

    /// A value as somebody might set it.
    package func example(_ text: String) -> Setting { changed { $0.example = text } }

    /// What whoever sets it should know beside its meaning; on the page and in the examples, not in `--help`.
    package func advice(_ text: String) -> Setting { changed { $0.advice = text } }

    /// Shows the setting in an env example.
    /// - Parameters:
    ///   - name: another name of it; nil: its key.
    ///   - value: nil: its example or default, as `form` has it.
    ///   - note: what is to be said of it in that file alone.
    package func shown(
        in file: ExampleLine.File, _ form: ExampleLine.Form, as name: String? = nil, value: String? = nil,
        note: String? = nil
    ) -> Setting {
        changed { description in
            let usual = description.usualValue(form)
            description.exampleLines.append(
                ExampleLine(file: file, form: form, name: name ?? description.key, value: value ?? usual, note: note))
        }
    }

    private func changed(_ change: (inout SettingDescription) -> Void) -> Setting {
        var copy = self
        change(&copy.description)
        return copy
    }
}

/// Why a text is no value of a setting, in words that follow "DB_PORT is".
package struct SettingRefusal: Error, Equatable {
    /// Goes into the log and onto the terminal: must not repeat what may be a secret.
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
