import Secrets

/// A setting with the type its text becomes. Declared once as a constant; a settings struct reads it through
/// `SettingsReader`.
package struct Setting<Value: Sendable>: Sendable {
    package let description: SettingDescription
    /// Holds when the setting is absent, and stands in for a refused value until all problems are reported.
    package let fallback: Value
    package let parse: @Sendable (String) throws(SettingRefusal) -> Value

    package init(
        description: SettingDescription, fallback: Value,
        parse: @escaping @Sendable (String) throws(SettingRefusal) -> Value
    ) {
        self.description = description
        self.fallback = fallback
        self.parse = parse
    }
}

/// Why a text is no value of a setting, in words that follow "DB_PORT is".
package struct SettingRefusal: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

extension Setting where Value == String {
    package static func text(
        _ key: String, aliases: [String] = [], meaning: String, expected: String = "a text", fallback: String,
        example: String? = nil
    ) -> Setting {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: expected, defaultText: fallback, example: example)
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in text }
    }
}

extension Setting where Value == String? {
    /// A text without a default.
    package static func optionalText(
        _ key: String, aliases: [String] = [], meaning: String, expected: String = "a text", example: String? = nil
    ) -> Setting {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: expected, example: example)
        return Setting(description: description, fallback: nil) { text throws(SettingRefusal) in text }
    }
}

extension Setting where Value == Secret? {
    /// A password, token or key.
    /// - Parameter check: refuses a text in words that do not repeat it.
    package static func secret(
        _ key: String, aliases: [String] = [], meaning: String, expected: String = "a text",
        check: @escaping @Sendable (String) throws(SettingRefusal) -> Void = { _ in }
    ) -> Setting {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: expected, secrecy: .secret)
        return Setting(description: description, fallback: nil) { text throws(SettingRefusal) in
            try check(text)
            return Secret(text)
        }
    }
}

/// What a secret must be to stand in an `Authorization` field.
package enum AuthorizationText {
    package static let expected = "printable ASCII characters, none of them a space at an end"

    /// The text as it is: what is trimmed off a token unheard is missing where it is shown.
    package static func check(_ text: String) throws(SettingRefusal) {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.first != " ", text.last != " " else {
            throw SettingRefusal("has a character, or a space at an end, that no Authorization field can carry")
        }
    }
}

extension Setting where Value == Int {
    package static func integer(
        _ key: String, aliases: [String] = [], meaning: String, in range: ClosedRange<Int>, fallback: Int,
        defaultText: String? = nil
    ) -> Setting {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            defaultText: defaultText ?? String(fallback))
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            guard let number = Int(text) else { throw SettingRefusal("not a whole number") }
            guard range.contains(number) else { throw SettingRefusal("out of range") }
            return number
        }
    }
}

extension Setting where Value == Double {
    package static func decimal(
        _ key: String, meaning: String, in range: ClosedRange<Double>, fallback: Double
    ) -> Setting {
        let description = SettingDescription(
            key: key, meaning: meaning, expected: "a number from \(range.lowerBound) to \(range.upperBound)",
            defaultText: String(fallback))
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            guard let number = Double(text), number.isFinite else { throw SettingRefusal("not a number") }
            guard range.contains(number) else { throw SettingRefusal("out of range") }
            return number
        }
    }
}

extension Setting where Value == Bool {
    package static func toggle(
        _ key: String, aliases: [String] = [], meaning: String, fallback: Bool
    ) -> Setting {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: "true or false", defaultText: String(fallback))
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            switch text.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            case _: throw SettingRefusal("neither true nor false")
            }
        }
    }
}

extension Setting where Value == Duration {
    /// - Parameter unit: what a plain number counts; `500ms`, `8s`, `2m`, `24h` say their own.
    package static func span(
        _ key: String, aliases: [String] = [], meaning: String, unit: DurationUnit, in range: ClosedRange<Duration>,
        fallback: Duration
    ) -> Setting {
        let bounds = unit.text(range)
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: bounds,
            defaultText: unit.number(fallback), example: "\(unit.number(fallback))\(unit.rawValue)")
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            guard let span = unit.parse(text) else {
                throw SettingRefusal("not a span of time (a number of \(unit.plural), or with ms, s, m or h)")
            }
            guard range.contains(span) else { throw SettingRefusal("out of range") }
            return span
        }
    }
}

extension Setting where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    package static func choice(
        _ key: String, aliases: [String] = [], meaning: String, fallback: Value
    ) -> Setting {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: "one of: \(words)", defaultText: fallback.rawValue)
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            guard let value = Value(rawValue: text.lowercased()) else { throw SettingRefusal("unknown") }
            return value
        }
    }
}

extension Setting {
    /// A comma-separated list. Every bad element is named, not only the first. One that names nothing is refused: what no
    /// list means is the setting's absence, and may be everybody.
    package static func list<Element: Sendable>(
        _ key: String, aliases: [String] = [], meaning: String, expected: String, fallback: [Element],
        defaultText: String?, example: String? = nil,
        element parse: @escaping @Sendable (String) throws(SettingRefusal) -> Element
    ) -> Setting where Value == [Element] {
        let description = SettingDescription(
            key: key, aliases: aliases, meaning: meaning, expected: expected, defaultText: defaultText,
            example: example)
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            var elements: [Element] = []
            var refusals: [String] = []
            for piece in text.split(separator: ",").map(SettingText.trimmed) where !piece.isEmpty {
                do throws(SettingRefusal) {
                    elements.append(try parse(piece))
                } catch {
                    refusals.append("\"\(description.shown(piece))\": \(error.reason)")
                }
            }
            guard refusals.isEmpty else { throw SettingRefusal(refusals.joined(separator: "; ")) }
            guard !elements.isEmpty else { throw SettingRefusal("names nothing") }
            return elements
        }
    }
}
