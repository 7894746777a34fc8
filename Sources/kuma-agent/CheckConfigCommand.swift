import AgentSettings
import ArgumentParser
import Settings

/// `kuma-agent check-config`: validates without starting.
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Read the configuration, show what came out and from where, and end.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws {
        let settings = try arguments.load()
        for setting in settings.resolved {
            print("\(setting.description.key)=\(setting.shown ?? "") (\(setting.origin))")
        }
        print("The configuration is valid: this agent speaks for \(settings.node) at \(settings.host).")
    }
}
