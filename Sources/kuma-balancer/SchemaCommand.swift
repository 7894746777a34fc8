import ArgumentParser
import BalancerSettings
import ClusterStore
import Logging
import ServiceRuntime
import Settings

/// `kuma-balancer schema`: completes the database by hand, or shows what an administrator can run.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Add the cluster's tables and columns to Kuma's database.")

    @OptionGroup var arguments: SettingArguments

    @Flag(name: .customLong("print"), help: "Only print the SQL, for an administrator to run.")
    var isPrintOnly = false

    func run() async throws {
        guard !isPrintOnly else {
            print(SchemaSQL.text, terminator: "")
            return
        }
        let settings = try arguments.load()
        settings.log.bootstrap()
        let store = MariaDBClusterStore(settings.database.options, logger: Logger(label: "database"))
        let report: SchemaReport
        do throws(StoreError) {
            report = try await AskedAgain.whenFree { () async throws(StoreError) -> SchemaReport in
                try await store.prepareSchema()
            }
        } catch {
            StandardError.print("kuma-balancer: \(error)")
            throw BalancerExit.failure
        }
        await store.close()
        if let foreignness = report.foreignness {
            StandardError.print("kuma-balancer: \(foreignness)")
            throw BalancerExit.failure
        }
        print(report.added.isEmpty ? "Nothing is missing." : "Added: \(report.added.joined(separator: ", ")).")
        if !report.waitingForKuma.isEmpty {
            print("Not there yet, Kuma makes them: \(report.waitingForKuma.joined(separator: ", ")).")
        }
    }
}
