/// What is logged, and in which form.
package struct LogSettings: Sendable, Equatable {
    /// swift-log's levels, the least important first.
    package enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// How an entry is written.
    package enum Format: String, Sendable, CaseIterable {
        /// One readable line an entry.
        case text
        /// One JSON object a line.
        case json
    }

    /// The two settings under a program's own prefix, with the plain names as aliases.
    package struct Keys: SettingGroup {
        let level: Setting<Level>
        let format: Setting<Format>

        /// - Parameter prefix: without the underscore: `AGENT` or `LB`.
        package init(prefix: String) {
            level = .choice("\(prefix)_LOG_LEVEL", "Least important entries that are logged.", fallback: .info)
                .alsoNamed("LOG_LEVEL")
            format = .choice(
                "\(prefix)_LOG_FORMAT", "Form of a log entry on standard error: a readable line or a JSON object.",
                fallback: .text
            ).alsoNamed("LOG_FORMAT").shown(in: .compose, .set, as: "LOG_FORMAT")
        }
    }

    /// Of the entries that are logged, the least important.
    package let level: Level
    package let format: Format

    package init(level: Level = .info, format: Format = .text) {
        self.level = level
        self.format = format
    }

    /// What was read, or the defaults.
    package init(_ values: SettingValues<Keys>) { self.init(level: values.level, format: values.format) }
}
