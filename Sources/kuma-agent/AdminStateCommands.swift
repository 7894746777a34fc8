import AgentSettings
import ArgumentParser
import ClusterCore
import ClusterStore
import ServiceRuntime
import Settings

/// A command for each state that a person can give a node.
enum AdminStateCommands {
    static let all = AdminState.allCases.map(command)

    private static func command(for state: AdminState) -> any ParsableCommand.Type {
        switch state {
        case .drain: DrainCommand.self
        case .cordon: CordonCommand.self
        case .maintenance: MaintenanceCommand.self
        case .active: ActivateCommand.self
        }
    }
}

private struct DrainCommand: AdminStateCommand {
    static let state = AdminState.drain
    @OptionGroup var arguments: SettingArguments
}

private struct CordonCommand: AdminStateCommand {
    static let state = AdminState.cordon
    @OptionGroup var arguments: SettingArguments
}

private struct MaintenanceCommand: AdminStateCommand {
    static let state = AdminState.maintenance
    @OptionGroup var arguments: SettingArguments
}

private struct ActivateCommand: AdminStateCommand {
    static let state = AdminState.active
    @OptionGroup var arguments: SettingArguments
}

/// Gives the configured node, or the one that `--node-id` names, a state.
private protocol AdminStateCommand: AsyncParsableCommand {
    static var state: AdminState { get }
    var arguments: SettingArguments { get }
}

extension AdminStateCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: state.verb, abstract: state.summary)
    }

    func run() async throws { try await AdminStateChange(to: Self.state).apply(arguments) }
}

/// Writes a person's decision about the configured node, or the one that `--node-id` names.
private struct AdminStateChange {
    let state: AdminState

    init(to state: AdminState) { self.state = state }

    func apply(_ arguments: SettingArguments) async throws {
        let settings = try arguments.load()
        guard try await isWritten(settings) else {
            StandardError.print("kuma-agent: no node \(settings.node) is registered")
            throw AgentExit.failure
        }
        print("\(settings.node) is now \(state.rawValue)")
    }

    private func isWritten(_ settings: AgentSettings) async throws(ExitCode) -> Bool {
        let store = settings.makeStore()
        do throws(StoreError) {
            let isKnown = try await AskedAgain.result { () async throws(StoreError) -> Bool in
                try await store.setAdminState(state, of: settings.node)
            }
            guard isKnown else { return false }
        } catch {
            StandardError.print("kuma-agent: \(error)")
            throw AgentExit.failure
        }
        // The request is carried out already; a history that cannot be written must not make it look refused.
        let detail = "\(state.rawValue), by kuma-agent"
        do throws(StoreError) {
            try await AskedAgain.result { () async throws(StoreError) -> Void in
                try await store.record([ClusterEvent(.adminStateChanged, node: settings.node, detail: detail)])
            }
        } catch {
            StandardError.print("kuma-agent: done, but the history cannot be written: \(error)")
        }
        return true
    }
}
