// A stand-in for an Uptime Kuma node: everything that the cluster meets of one, from its tables and its traps to its
// Socket.IO, in a process of a few MB. For the demo and the tests; no target of the product knows it.

import ClusterCore
package import Logging
package import NIOPosix

/// A stand-in Kuma node: what `kuma-demo node` runs.
package final class StandInNode: Sendable {
    private let server: NodeServer
    private let runner: MonitorRunner
    private let database: NodeDatabase
    private let checker: MonitorChecker
    private let minutes: Task<Void, Never>
    private let trimming: Task<Void, Never>

    /// Whether it re-reads its monitors by itself.
    package enum Rereading: Sendable {
        /// At second 00 of every minute, as Kuma does.
        case everyMinute
        /// Only on request: for tests, which may run at any second.
        case onRequest
    }

    /// In Kuma's order: tables, the `node` row, then serving, then the monitors.
    package static func start(
        _ settings: StandInSettings, rereading: Rereading = .everyMinute, group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) async throws -> StandInNode {
        let database = NodeDatabase(settings: settings, logger: logger)
        let checker = MonitorChecker()
        do {
            try await database.createTables()
            let runner = MonitorRunner(database: database, checker: checker, logger: logger)
            let services = NodeServices(
                id: settings.id, name: settings.name, apiKey: settings.apiKey, engineIO: EngineIOStore(),
                checkDatabase: { await database.check() }, reconcile: { try await runner.reconcile() },
                runs: { await runner.monitors.contains($0) },
                update: { monitor, body in
                    let edit = try MonitorEdit(json: body)
                    if let url = edit.url { try await database.setURL(url, of: monitor) }
                    return try await runner.restart(monitor)
                })
            try await database.register(settings)
            let server = try await NodeServer.start(
                host: settings.listenHost, port: settings.port, services: services, group: group)
            logger.info("serving", metadata: ["port": "\(server.port)", "node": "\(settings.id)"])
            try await runner.startAssigned()
            return StandInNode(
                server: server, runner: runner, database: database, checker: checker, rereading: rereading,
                logger: logger)
        } catch {
            await database.close()
            await checker.shutdown()
            throw error
        }
    }

    private init(
        server: NodeServer, runner: MonitorRunner, database: NodeDatabase, checker: MonitorChecker,
        rereading: Rereading, logger: Logger
    ) {
        self.server = server
        self.runner = runner
        self.database = database
        self.checker = checker
        minutes = Task {
            switch rereading {
            case .everyMinute: await runner.reconcileEveryMinute(wallClock: WallClock.sinceEpoch)
            case .onRequest: break
            }
        }
        trimming = Task {
            do {
                while true {
                    try await Task.sleep(for: .seconds(60))
                    do { try await database.trimBeats() } catch {
                        logger.warning("old beats were not trimmed", metadata: ["reason": "\(error)"])
                    }
                }
            } catch {
                // Cancelled: the node stops.
            }
        }
    }

    /// The one it listens on, also where the settings let the kernel choose.
    package var port: UInt16 { server.port }
    /// Check loops that really run: more than it believes once reconcile runs have overlapped.
    package var loopCount: Int { get async { await runner.loopCount } }

    /// Drops listener and connections at once, then everything else. The caller lets the process live on for the
    /// settings' `exitDelay`.
    package func stop() async {
        await server.drop()
        minutes.cancel()
        trimming.cancel()
        await runner.stopAll()
        await database.close()
        await checker.shutdown()
    }
}
