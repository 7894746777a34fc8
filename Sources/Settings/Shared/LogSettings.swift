/// What is logged, and in which form.
package struct LogSettings: Sendable, Equatable {
    package enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    package enum Format: String, Sendable, CaseIterable {
        /// One readable line an entry.
        case text
        /// One JSON object a line.
        case json
    }

    package let level: Level
    package let format: Format

    package init(level: Level = .info, format: Format = .text) {
        self.level = level
        self.format = format
    }

    /// The two settings under a program's own prefix, with the plain names as aliases.
    package struct Keys: Sendable {
        let level: Setting<Level>
        let format: Setting<Format>

        package init(prefix: String) {
            level = .choice(
                "\(prefix)_LOG_LEVEL", aliases: ["LOG_LEVEL"], meaning: "Least important entries that are logged.",
                fallback: .info)
            format = .choice(
                "\(prefix)_LOG_FORMAT", aliases: ["LOG_FORMAT"],
                meaning: "Form of a log entry on standard error: a readable line or a JSON object.", fallback: .text)
        }

        package var descriptions: [SettingDescription] { [level.description, format.description] }
    }

    package init(reading reader: inout SettingsReader, keys: Keys) {
        level = reader.read(keys.level)
        format = reader.read(keys.format)
    }
}
