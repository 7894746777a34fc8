package import Logging

/// The log of this process as the API shows it. Lines are rendered by whoever writes them, so that both places look alike.
package protocol ProcessLog: Sendable {
    /// The least important entries that are logged now.
    var level: Logger.Level { get }
    /// As the settings have it: what a restart brings back.
    var configuredLevel: Logger.Level { get }
    /// Holds until the next change or the end of the process; nothing is stored.
    func change(to level: Logger.Level)
    /// The last `count` lines that are at least as important as `level`, the oldest first.
    func lines(_ count: Int, atLeast level: Logger.Level, as form: LogForm) -> [String]
}

/// How an entry is rendered.
package enum LogForm: Sendable {
    /// A readable line an entry.
    case text
    /// A JSON object an entry.
    case json
}

/// One setting as `/lb/debug-config` shows it; a secret's text never gets here.
package struct ShownSetting: Sendable, Equatable {
    /// The name of its environment variable.
    package let key: String
    /// Nil where nothing is set and nothing holds by default.
    package let value: String?
    /// `flag`, `environment`, `file …` or `default`.
    package let source: String
    /// What holds where nothing is set, as text; nil: nothing does.
    package let fallback: String?

    package init(key: String, value: String?, source: String, fallback: String?) {
        self.key = key
        self.value = value
        self.source = source
        self.fallback = fallback
    }
}
