import Secrets

/// One setting as people meet it: its names, what it means, what it may hold. README tables, `--help`, flags and the
/// debug view are all made from this, so none of them can disagree with the code.
package struct SettingDescription: Sendable, Equatable {
    package enum Secrecy: Sendable, Equatable {
        case open
        /// Shown as `<redacted>`, and also readable from the file that `<KEY>_FILE` names.
        case secret
    }

    /// The environment variable, such as `DB_HOST`; as a flag `--db-host`.
    package let key: String
    /// Further names that mean the same; the first name found wins.
    package let aliases: [String]
    package let meaning: String
    /// What it may hold, as words: `a whole number from 1 to 65535`.
    package let expected: String
    /// What holds when it is not set; nil: nothing does.
    package let defaultText: String?
    package let isRequired: Bool
    package let example: String?
    package let secrecy: Secrecy

    package init(
        key: String, aliases: [String] = [], meaning: String, expected: String, defaultText: String? = nil,
        isRequired: Bool = false, example: String? = nil, secrecy: Secrecy = .open
    ) {
        self.key = key
        self.aliases = aliases
        self.meaning = meaning
        self.expected = expected
        self.defaultText = defaultText
        self.isRequired = isRequired
        self.example = example
        self.secrecy = secrecy
    }

    /// Names of the value itself, strongest first.
    package var valueNames: [String] { [key] + aliases }

    /// Names of the variables that name a file holding the value; none for a setting that is no secret.
    package var fileNames: [String] {
        switch secrecy {
        case .open: []
        case .secret: valueNames.map { $0 + SettingDescription.fileSuffix }
        }
    }

    package var flag: String { SettingDescription.flag(for: key) }

    /// Flags whose value is the secret itself; none for a setting that is no secret.
    var coveredFlags: [String] {
        switch secrecy {
        case .open: []
        case .secret: valueNames.map(SettingDescription.flag)
        }
    }

    static let fileSuffix = "_FILE"

    /// Where somebody writes `http://user:password@host`, or the same without a scheme, what stands before the `@` is not
    /// shown.
    private static func withoutUserInfo(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let scheme = text[..<at].firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
        guard !scheme.isEmpty || text[..<at].contains(":") else { return text }
        return "\(scheme)\(Secret.shown)\(text[at...])"
    }

    /// `DB_HOST` → `--db-host`.
    static func flag(for key: String) -> String {
        "--" + key.lowercased().split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
    }

    /// The value as it may be shown.
    func shown(_ text: String) -> String {
        switch secrecy {
        case .open: SettingDescription.withoutUserInfo(text)
        case .secret: Secret.shown
        }
    }
}
