import Secrets
import Testing

@testable import AgentSettings
@testable import BalancerSettings
@testable import Settings

@Suite("A setting is declared once")
struct SettingGroupTests {
    private static let programs: [(group: any SettingGroup, catalogue: SettingCatalogue)] = [
        (AgentSettings.Keys(), AgentSettings.catalogue), (BalancerSettings.Keys(), BalancerSettings.catalogue),
    ]

    private struct Part: SettingGroup {
        let port = Setting<Int>.integer("B_PORT", "A port.", in: 1...65535, fallback: 80).alsoNamed("OLD_PORT")
        let token = Setting<Secret?>.secret("B_TOKEN", "A token.")
    }

    private struct Whole: SettingGroup {
        let first = Setting<Bool>.toggle("A_FIRST", "Whether it is first.", fallback: true)
        let part = Part()
        let last = Setting<String?>.optionalText("C_LAST", "A text.")
    }

    @Test("what is declared is catalogued, in its order, a group in its own place")
    func order() {
        #expect(SettingCatalogue(of: Whole()).settings.map(\.key) == ["A_FIRST", "B_PORT", "B_TOKEN", "C_LAST"])
    }

    @Test("and read, under the name of its declaration and with its type")
    func values() {
        let input = SettingInput(
            arguments: [Secret("--old-port=8080")], environment: ["A_FIRST": "no", "B_TOKEN": "t"])
        var reader = SettingsReader(input, catalogue: SettingCatalogue(of: Whole()))
        let values = reader.read(Whole())
        #expect(reader.problems == [])
        #expect(!values.first && values.part.port == 8080 && values.part.token?.revealed == "t" && values.last == nil)
        #expect(reader.isSet(values.group.first) && !reader.isSet(values.group.last))
    }

    @Test("one that is absent or refused has its fallback")
    func fallbacks() {
        var reader = SettingsReader(
            SettingInput(environment: ["B_PORT": "0"]), catalogue: SettingCatalogue(of: Whole()))
        let values = reader.read(Whole())
        #expect(values.first && values.part.port == 80)
        #expect(reader.problems.map(\.key) == ["B_PORT"])
    }

    @Test("a program's keys are settings and groups of them, and nothing that would be passed over")
    func nothingElse() {
        func check(_ group: any SettingGroup) {
            for child in Mirror(reflecting: group).children {
                if let part = child.value as? any SettingGroup {
                    check(part)
                } else {
                    #expect(child.value is any DeclaredSetting, "\(type(of: group)).\(child.label ?? "")")
                }
            }
        }
        for program in Self.programs { check(program.group) }
    }

    @Test("no name stands for two settings of a program, and each is in its help")
    func names() {
        for (_, catalogue) in Self.programs {
            #expect(Set(catalogue.names).count == catalogue.names.count)
            for setting in catalogue.settings {
                #expect(catalogue.helpText.contains("\(setting.key) (\(setting.flag))"))
            }
        }
    }

    @Test("each default and each example is a value that its setting takes")
    func examples() {
        for (group, catalogue) in Self.programs {
            for setting in group.declared {
                for text in [setting.description.defaultText, setting.description.example].compactMap(\.self) {
                    var reader = SettingsReader(
                        SettingInput(environment: [setting.description.key: text]), catalogue: catalogue)
                    _ = setting.value(from: &reader)
                    #expect(reader.problems == [])
                }
            }
        }
    }

    @Test("each secret's flags are known, those of its other names as well, and not those that name a file")
    func secretFlags() {
        #expect(
            BalancerSettings.catalogue.secretFlags
                == ["--db-password", "--uptime-kuma-db-password", "--lb-admin-token"])
        #expect(AgentSettings.catalogue.secretFlags.contains("--kuma-api-key"))
    }
}
