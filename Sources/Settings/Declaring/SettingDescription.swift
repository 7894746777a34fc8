import Secrets

/// One setting as people meet it: its names, what it means, what it may hold. The pages, `--help`, flags, env examples and
/// the debug page of the API are all made from this, so none of them can disagree with the code.
package struct SettingDescription: Sendable, Equatable {
    /// Whether the value may be shown.
    package enum Secrecy: Sendable, Equatable {
        case open
        /// Shown as `<redacted>`, and also readable from the file that `<KEY>_FILE` names.
        case secret
    }

    /// The environment variable, such as `DB_HOST`; as a flag `--db-host`.
    package let key: String
    /// Further names that mean the same; the first name found wins.
    package internal(set) var aliases: [String] = []
    /// For people, with a full stop; `--help`, the page and the env examples show it.
    package let meaning: String
    /// What whoever sets it should know beside that.
    package internal(set) var advice: String?
    /// What it may hold, as words: `a whole number from 1 to 65535`.
    package let expected: String
    /// What holds when it is not set; nil: nothing does.
    package let defaultText: String?
    /// The program does not start without it, whatever its fallback is.
    package internal(set) var isRequired = false
    /// A value as somebody might set it; nil: the page shows none, an env example the default.
    package internal(set) var example: String?
    package let secrecy: Secrecy
    /// Where the env examples show it.
    package internal(set) var exampleLines: [ExampleLine] = []

    package init(
        key: String, meaning: String, expected: String, defaultText: String? = nil, secrecy: Secrecy = .open
    ) {
        self.key = key
        self.meaning = meaning
        self.expected = expected
        self.defaultText = defaultText
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

    /// Its name as a flag; aliases have theirs beside it.
    package var flag: String { SettingDescription.flag(for: key) }

    /// Flags whose value is the secret itself; none for a setting that is no secret.
    var coveredFlags: [String] {
        switch secrecy {
        case .open: []
        case .secret: valueNames.map(SettingDescription.flag)
        }
    }

    /// What a line of an example holds where nothing else is said.
    func usualValue(_ form: ExampleLine.Form) -> String {
        switch form {
        case .set: defaultText ?? ""
        case .offered: example ?? defaultText ?? ""
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

/// A setting in a file that people copy and change.
package struct ExampleLine: Sendable, Equatable {
    /// Which file shows the setting.
    package enum File: Sendable {
        /// `systemd/agent.env.example` or `systemd/balancer.env.example`, whichever program's setting it is.
        case service
        /// The part of `systemd/agent.env.example` that belongs into the file of one node.
        case node
        /// `compose/.env.example`, whose variables `compose/cluster.yaml` hands on.
        case compose
    }

    /// Whether the line is in force.
    package enum Form: Sendable {
        /// `KEY=default`: it is to be decided, or well to be seen.
        case set
        /// `#KEY=example`
        case offered
    }

    package let file: File
    package let form: Form
    /// The key, an alias or a `_FILE` name, as this file has it.
    package let name: String
    /// Stands behind the `=`; may be empty.
    package let value: String
    /// Follows the meaning, in this file alone.
    package let note: String?
}
