/// One thing wrong with the configuration: which key, what it held, why that is refused, what would be accepted.
package struct SettingProblem: Sendable, Equatable, CustomStringConvertible {
    /// The name that was met (a key, an alias, a `_FILE` name, a flag, `--env-file`), or the key of what is missing;
    /// `setting argument 3` for what is no flag, `PATH:LINE` for a line of a file that is none.
    package let key: String
    /// As it may be shown: secrets are redacted. Nil when the key is missing or unknown.
    package let value: String?
    /// Where it was found: `environment`, `flag`, `file settings.env`.
    package let origin: String?
    /// In words that follow the name and a colon; never holds a secret.
    package let reason: String
    /// What would be accepted; nil where that is not the point.
    package let expected: String?

    package init(
        key: String, value: String? = nil, origin: String? = nil, reason: String, expected: String? = nil
    ) {
        self.key = key
        self.value = value
        self.origin = origin
        self.reason = reason
        self.expected = expected
    }

    package var description: String {
        let held = value.map { "=\"\($0)\"" } ?? ""
        let found = origin.map { " (\($0))" } ?? ""
        let wanted = expected.map { "; expected \($0)" } ?? ""
        return "\(key)\(held)\(found): \(reason)\(wanted)"
    }
}

/// Everything that is wrong with a configuration, together: nobody fixes one line per start.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// At least one, in the order in which they were met.
    package let problems: [SettingProblem]

    package init(problems: [SettingProblem]) { self.problems = problems }

    package var description: String {
        let lines = problems.map { "  \($0)" }.joined(separator: "\n")
        return "the configuration has \(problems.count == 1 ? "a problem" : "\(problems.count) problems"):\n\(lines)"
    }
}

/// One setting as it came out, for `check-config` and the API's debug page.
package struct ResolvedSetting: Sendable, Equatable {
    /// Which setting; its `defaultText` is the default, whatever came out, and nil where there is none.
    package let description: SettingDescription
    /// As it may be shown; nil when it is not set and has no default.
    package let shown: String?
    /// `flag`, `environment`, `file …` or `default`.
    package let origin: String
}
