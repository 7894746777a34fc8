import ArgumentParser
import BalancerSettings
import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import DataPlane
import FoundationEssentials
import KumaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import Settings

/// `kuma-balancer run`, also what happens without a subcommand.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve clients and run the cluster until stopped (the default).")

    @OptionGroup var arguments: SettingArguments

    func run() async throws {
        let settings = try arguments.load()
        let log = BalancerLog(book: settings.log.bootstrapWithBook())
        let sockets = ActivationSockets.take(environment: ProcessInfo.processInfo.environment)
        DescriptorLimit.raise()
        let folder: ControlSocketFolder
        do throws(ControlSocketFolder.Failure) {
            folder = try ControlSocketFolder(
                environment: ProcessInfo.processInfo.environment, maximumBytes: ControlAPI.maximumSocketPathBytes)
        } catch {
            StandardError.print("kuma-balancer: \(error)")
            throw BalancerExit.failure
        }
        defer { folder.remove() }
        let accessLog: AccessLog?
        do {
            accessLog = try settings.makeAccessLog()
        } catch {
            StandardError.print("kuma-balancer: LB_ACCESS_LOG: \(error)")
            throw BalancerExit.failure
        }
        try await serve(settings, sockets: sockets, folder: folder, log: log, accessLog: accessLog)
    }

    private func serve(
        _ settings: BalancerSettings, sockets: ActivationSockets, folder: ControlSocketFolder, log: BalancerLog,
        accessLog: AccessLog?
    ) async throws {
        let logger = Logger(label: "kuma-balancer")
        let identity = settings.makeIdentity()
        let publisher = RoutingTablePublisher()
        let servingState = ServingState()
        let client = KumaHTTPClient()
        let store = MariaDBClusterStore(settings.leadingOptions, logger: Logger(label: "database"))
        let readingStore = MariaDBClusterStore(settings.readingOptions, logger: Logger(label: "database"))
        let controlPlane = ControlPlane(
            configuration: settings.controlPlaneConfiguration, store: store, readingStore: readingStore,
            probe: HTTPNodeProbe(client: client, connectLimit: BalancerSettings.connectLimit),
            publisher: publisher, identity: settings.presence(of: identity), logger: Logger(label: "control"))
        let dataPlane = DataPlane(
            configuration: settings.dataPlaneConfiguration(controlSocketPath: folder.socketPath, sockets: sockets),
            publisher: publisher, serving: servingState, accessLog: accessLog, logger: Logger(label: "data"))
        let (apiListening, serving) = (StartGate(), StartGate())
        let api = ControlAPI(
            configuration: settings.apiConfiguration(identity: identity, socketPath: folder.socketPath),
            control: controlPlane, serving: servingState, traffic: dataPlane.facts, log: log,
            logger: Logger(label: "api"), onListening: { apiListening.open() })
        logger.notice("starting", metadata: ["id": "\(identity)", "version": "\(ProductVersion.text)"])
        RunCommand.log(sockets, to: logger)
        // Before anything listens: the first client finds a table even while the database is away.
        controlPlane.restore()
        let clients = DataPlaneService(
            dataPlane: dataPlane, apiListening: apiListening, tableKnown: FirstRoutableTable.gate(of: publisher),
            serving: serving, onDrain: { controlPlane.saveSnapshot() })
        // Shut down from the last to the first, each waiting for the one before: clients are drained while the API still
        // answers, then the lease is given back, and the API ends last: live streams end by themselves when the control plane
        // does. With the drain's 30 s, the limits of what comes after it stay below the 40 s of the unit.
        let lease = ShutdownLimit(.seconds(7), of: "the database", logger: logger, beforeExit: { folder.remove() })
        let exchanges = ShutdownLimit(
            .seconds(2), of: "an exchange of the API, or a connection to the database,", replacing: lease,
            logger: logger, beforeExit: { folder.remove() })
        var services: [any Service] = [api, exchanges, controlPlane, lease, clients]
        if let address = settings.adminListen {
            services.insert(
                AdminListener(
                    serving: api, host: address.ip.text, port: address.port, logger: Logger(label: "api"),
                    endLimit: .seconds(1)),
                at: 1)
        }
        let service = ServiceRun(
            services, health: settings.health(of: dataPlane, controlPlane, store),
            environment: ProcessInfo.processInfo.environment, logger: logger,
            readiness: { await serving.passed() }, beforeImmediateExit: { folder.remove() })
        let failure: (any Error)?
        do {
            try await service.run()
            failure = nil
        } catch { failure = error }
        if let failure { logger.critical("stopped by an error", metadata: ["error": "\(failure)"]) }
        await store.close()
        await readingStore.close()
        await client.shutdown()
        if failure != nil { throw BalancerExit.failure }
        logger.notice("stopped")
    }

    private static func log(_ inherited: ActivationSockets, to logger: Logger) {
        guard !inherited.sockets.isEmpty else { return }
        let names = inherited.sockets.map { $0.name.isEmpty ? "\($0.descriptor)" : $0.name }.joined(separator: ", ")
        logger.notice("serving the sockets that the service manager opened", metadata: ["sockets": "\(names)"])
    }
}
