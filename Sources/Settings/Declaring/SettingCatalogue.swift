/// All settings of one program, in the order people should read them.
package struct SettingCatalogue: Sendable {
    package let settings: [SettingDescription]

    package init(_ settings: [SettingDescription]) { self.settings = settings }

    /// Every name that is read: keys, aliases and `_FILE` variants.
    package var names: [String] { settings.flatMap { $0.valueNames + $0.fileNames } }

    /// The flags whose values nobody else on the machine is to see.
    package var secretFlags: Set<String> { Set(settings.flatMap(\.coveredFlags)) }

    /// The table of README.md, in Markdown.
    package var markdownTable: String {
        let rows = settings.map { setting in
            let names = setting.valueNames.map { "`\($0)`" }.joined(separator: ", ")
            let file = setting.fileNames.first.map { " (or `\($0)`: a file that holds it)" } ?? ""
            let fallback = setting.isRequired ? "**required**" : setting.defaultText.map { "`\($0)`" } ?? "–"
            return "| \(names) | \(setting.meaning)\(file) | \(setting.expected) | \(fallback) |"
        }
        return (["| Variable | Meaning | Holds | Default |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }

    /// The settings as `--help` shows them: each can be an environment variable or a flag.
    package var helpText: String {
        let lines = settings.map { setting in
            let fallback =
                setting.isRequired ? "required" : setting.defaultText.map { "default: \($0)" } ?? "default: none"
            return "  \(setting.key) (\(setting.flag))\n      \(setting.meaning) [\(setting.expected); \(fallback)]"
        }
        return "Settings, strongest first: flags, environment, --env-file.\n\n" + lines.joined(separator: "\n")
    }
}
