import AgentSettings
import ArgumentParser
import ClusterCore
import ClusterStore
import ServiceRuntime
import Settings

/// `kuma-agent drain`
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Send no new connections to the node; it keeps its monitors and pinned clients.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws { try await AdminStateChange(to: .drain).apply(arguments) }
}

/// `kuma-agent maintenance`
struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Drain the node and move its monitors to the others.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws { try await AdminStateChange(to: .maintenance).apply(arguments) }
}

/// `kuma-agent activate`
struct ActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "End drain or maintenance of the node.")

    @OptionGroup var arguments: SettingArguments

    func run() async throws { try await AdminStateChange(to: .active).apply(arguments) }
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
