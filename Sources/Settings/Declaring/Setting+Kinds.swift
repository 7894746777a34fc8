import Secrets

// What a setting can hold. Each kind says in words what it accepts, and reads just that.

extension Setting where Value == String {
    /// Any text but the empty one, which counts as not set.
    /// - Parameter expected: what it may hold, in words; nothing is checked here.
    package static func text(
        _ key: String, _ meaning: String, expected: String = "a text", fallback: String
    ) -> Setting {
        let description = SettingDescription(key: key, meaning: meaning, expected: expected, defaultText: fallback)
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in text }
    }
}

extension Setting where Value == String? {
    /// A text without a default.
    package static func optionalText(_ key: String, _ meaning: String, expected: String = "a text") -> Setting {
        let description = SettingDescription(key: key, meaning: meaning, expected: expected)
        return Setting(description: description, fallback: nil) { text throws(SettingRefusal) in text }
    }
}

extension Setting where Value == Secret? {
    /// A password, token or key.
    /// - Parameter check: refuses a text in words that do not repeat it.
    package static func secret(
        _ key: String, _ meaning: String, expected: String = "a text",
        check: @escaping @Sendable (String) throws(SettingRefusal) -> Void = { _ in }
    ) -> Setting {
        let description = SettingDescription(key: key, meaning: meaning, expected: expected, secrecy: .secret)
        return Setting(description: description, fallback: nil) { text throws(SettingRefusal) in
            try check(text)
            return Secret(text)
        }
    }
}

/// What a secret must be to stand in an `Authorization` field.
package enum AuthorizationText {
    /// For people; `check` is what holds.
    package static let expected = "printable ASCII characters, none of them a space at an end"

    /// The text as it is: what is trimmed off a token unheard is missing where it is shown.
    package static func check(_ text: String) throws(SettingRefusal) {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.first != " ", text.last != " " else {
            throw SettingRefusal("has a character, or a space at an end, that no Authorization field can carry")
        }
    }
}

extension Setting where Value == Int {
    /// - Parameter range: both ends are allowed; it is part of what people read.
    package static func integer(
        _ key: String, _ meaning: String, in range: ClosedRange<Int>, fallback: Int
    ) -> Setting {
        let description = SettingDescription(
            key: key, meaning: meaning, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            defaultText: String(fallback))
        return Setting(description: description, fallback: fallback) { text throws(SettingRefusal) in
            guard let number = Int(text) else { throw SettingRefusal("not a whole number") }
            guard range.contains(number) else { throw SettingRefusal("out of range") }
            return number
        }
    }
}

extension Setting where Value == Double {
    /// A finite number.
    /// - Parameter range: both ends are allowed; it is part of what people read.
    package static func decimal(
        _ key: String, _ meaning: String, in range: ClosedRange<Double>, fallback: Double
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
    /// `true`, `1`, `yes` and `on`, or `false`, `0`, `no` and `off`, in upper or lower case.
    package static func toggle(_ key: String, _ meaning: String, fallback: Bool) -> Setting {
        let description = SettingDescription(
            key: key, meaning: meaning, expected: "true or false", defaultText: String(fallback))
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
        _ key: String, _ meaning: String, unit: DurationUnit, in range: ClosedRange<Duration>, fallback: Duration
    ) -> Setting {
        var description = SettingDescription(
            key: key, meaning: meaning, expected: unit.text(range), defaultText: unit.number(fallback))
        description.example = "\(unit.number(fallback))\(unit.rawValue)"
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
    /// One of an enum's raw values. These must be in lower case: what is read is put into lower case before it is
    /// compared.
    package static func choice(_ key: String, _ meaning: String, fallback: Value) -> Setting {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        let description = SettingDescription(
            key: key, meaning: meaning, expected: "one of: \(words)", defaultText: fallback.rawValue)
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
        _ key: String, _ meaning: String, expected: String, fallback: [Element], defaultText: String? = nil,
        element parse: @escaping @Sendable (String) throws(SettingRefusal) -> Element
    ) -> Setting where Value == [Element] {
        let description = SettingDescription(
            key: key, meaning: meaning, expected: expected, defaultText: defaultText)
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

extension Setting {
    /// Whatever a text can be read into, without a default value.
    /// - Parameter defaultText: what holds when it is not set, where something does.
    package static func optional<Wrapped: Sendable>(
        _ key: String, _ meaning: String, expected: String, defaultText: String? = nil,
        parse: @escaping @Sendable (String) throws(SettingRefusal) -> Wrapped
    ) -> Setting where Value == Wrapped? {
        let description = SettingDescription(key: key, meaning: meaning, expected: expected, defaultText: defaultText)
        return Setting(description: description, fallback: nil) { text throws(SettingRefusal) in try parse(text) }
    }
}
