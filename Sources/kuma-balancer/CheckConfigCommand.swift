import ArgumentParser
import BalancerSettings
import Settings

/// `kuma-balancer check-config`: validates without starting.
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Read the configuration, show what came out and from where, and end.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws {
        let settings = try arguments.load()
        for setting in settings.resolved {
            print("\(setting.description.key)=\(setting.shown ?? "") (\(setting.origin))")
        }
        let addresses = settings.listen.map(\.description).joined(separator: ", ")
        print("The configuration is valid: this balancer listens on \(addresses).")
    }
}
