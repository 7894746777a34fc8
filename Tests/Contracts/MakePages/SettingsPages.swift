import AgentSettings
import BalancerSettings
import Settings

/// `Settings.docc`: a page for each program, every setting with what it means and may hold.
enum SettingsPages {
    static var pages: [MadePage] {
        [
            page("AgentSettings", of: "kuma-agent", AgentSettings.catalogue),
            page("BalancerSettings", of: "kuma-balancer", BalancerSettings.catalogue),
        ]
    }

    private static func page(_ name: String, of program: String, _ catalogue: SettingCatalogue) -> MadePage {
        let example = catalogue.settings.first.map { "`\($0.key)` is the flag `\($0.flag)`" } ?? ""
        let text = """
            # Settings of \(program)

            Every setting that \(program) reads, as the code declares it.

            ## Overview

            Each is an environment variable, a line of a file, and a flag: \(example). Where they come from and
            which of them wins: <doc:Settings>. This page is made by `Tests/make-pages` from `Sources/\(name)`.

            \(table(catalogue.settings).text)
            """
        return MadePage(path: "Sources/Settings/Settings.docc/\(name).md", text: text)
    }

    private static func table(_ settings: [SettingDescription]) -> MarkdownTable {
        let rows = settings.map { setting in
            let names = setting.valueNames.map { "`\($0)`" }.joined(separator: ", ")
            let file = setting.fileNames.first.map { "`\($0)` names a file that holds it." }
            let meaning = [setting.meaning, setting.advice, file].compactMap(\.self).joined(separator: " ")
            let fallback = setting.isRequired ? "**required**" : setting.defaultText.map { "`\($0)`" } ?? "–"
            let example = setting.example.map { "`\($0)`" } ?? "–"
            return [names, meaning, setting.expected, fallback, example]
        }
        return MarkdownTable(["variable", "meaning", "holds", "default", "example"], rows)
    }
}
