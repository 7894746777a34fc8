/// All settings of one program, in the order people should read them.
package struct SettingCatalogue: Sendable {
    /// In the order of their declaration, which is that of the page and of `--help`.
    package let settings: [SettingDescription]

    /// - Parameter group: the program's `Keys`; groups within it come in their place.
    package init(of group: some SettingGroup) { settings = group.declared.map(\.description) }

    /// Every name that is read: keys, aliases and `_FILE` variants.
    package var names: [String] { settings.flatMap { $0.valueNames + $0.fileNames } }

    /// The flags whose values nobody else on the machine is to see.
    package var secretFlags: Set<String> { Set(settings.flatMap(\.coveredFlags)) }

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
