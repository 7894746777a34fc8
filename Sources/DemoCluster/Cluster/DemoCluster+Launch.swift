import ClusterCore
import FoundationEssentials
import KumaClient
import MariaDB
import PrivateMariaDB
import Secrets
import StandInKuma

extension DemoCluster {
    /// How long everything may take to stand: far above the few seconds it needs on a small machine.
    package static let launchTimeout: Duration = .seconds(90)

    /// Starts everything and returns when every node is online and every monitor runs.
    /// - Throws: what failed, in words; `CancellationError` when the task was cancelled.
    package func launch() async throws {
        let socket = ControlSocket.ofThisUser
        try socket.prepare()
        let ports = try DemoPlan.choosePorts(options)
        let directory = try DemoDirectory.make()
        self.directory = directory
        let access = try await startDatabase(in: directory)
        try Task.checkCancellation()

        let monitored = try await MonitoredTarget.start(group: group)
        self.monitored = monitored
        let plan = DemoPlan(
            options: options, executables: executables, ports: ports, targetPort: monitored.port,
            directory: directory.path, database: access, apiKey: Secret(AgentInstance.random().text))
        self.plan = plan
        let database = DemoDatabase(access)
        self.database = database
        try await database.seed(plan)
        let processes = DemoProcesses(plan: plan, console: console)
        self.processes = processes
        let guide = Guide(plan, workingDirectory: FileManager.default.currentDirectoryPath)
        for line in guide.lines { console.print(line) }

        loops.append(Task { await self.reportCrashes(of: processes) })
        loops.append(Task { await self.streamEvents(from: database) })
        for target in plan.nodes + plan.agents + plan.balancers {
            try Task.checkCancellation()
            try await processes.start(target)
        }
        control = try await ControlServer.start(
            path: socket.path(port: ports.balancers[0]), group: group
        ) { [weak self] request in
            await self?.answer(request) ?? .refused("the demo is ending")
        }
        try await waitUntilReady(plan, database)
    }

    private func startDatabase(in directory: DemoDirectory) async throws -> StandInSettings.DatabaseAccess {
        console.log("starting a private MariaDB …", .quiet)
        var settings = PrivateMariaDB.Settings()
        settings.parentDirectory = directory.path
        let mariaDB = try await PrivateMariaDB.start(settings)
        self.mariaDB = mariaDB
        databaseState = .running
        let access = StandInSettings.DatabaseAccess(
            host: "127.0.0.1", port: mariaDB.port, name: "kuma", user: "kuma",
            password: Secret(AgentInstance.random().text))
        try await mariaDB.makeDatabase(access.name)
        try await mariaDB.makeUser(access.user, password: access.password, database: access.name)
        return access
    }

    private func waitUntilReady(_ plan: DemoPlan, _ database: DemoDatabase) async throws {
        let client = KumaHTTPClient()
        do { try await waitUntilReady(plan, database, client) } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private func waitUntilReady(_ plan: DemoPlan, _ database: DemoDatabase, _ client: KumaHTTPClient) async throws {
        let deadline = ContinuousClock.now + Self.launchTimeout
        var missing = "nothing is known yet"
        while ContinuousClock.now < deadline {
            if let launchFailure { throw launchFailure }
            do {
                missing = try await whatIsMissing(plan, database, client)
                if missing.isEmpty {
                    becomeReady(plan)
                    return
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                missing = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw DemoRefusal("not ready after \(Self.launchTimeout): \(missing)")
    }

    private func becomeReady(_ plan: DemoPlan) {
        phase = .ready
        let measurement = DemoStatus.Measurement(
            kind: .launch, node: "", monitors: options.monitors, seconds: start.duration(to: .now).seconds)
        keep(measurement)
        console.log("Ready: \(plan.url(ofBalancer: 1)) – \(MeasurementText.line(measurement))", .good)
    }

    /// In words what does not stand yet; empty when everything does.
    private func whatIsMissing(
        _ plan: DemoPlan, _ database: DemoDatabase, _ client: KumaHTTPClient
    ) async throws -> String {
        for number in 1...plan.options.balancers {
            let shown = try await ask(ShownNodes.self, "/lb/node-status", of: number, plan, client)
            let ready = shown.nodes.count { $0.isReady }
            if ready < plan.options.nodes {
                return "balancer\(number) shows \(ready) of \(plan.options.nodes) nodes online, checked and routable"
            }
        }
        guard try await ask(ShownLeader.self, "/lb/leader", of: 1, plan, client).leader != nil else {
            return "no balancer leads yet"
        }
        let running = try await database.monitorsWithBeats()
        return running < plan.options.monitors ? "\(running) of \(plan.options.monitors) monitors have beats" : ""
    }

    private func ask<Shown: Decodable>(
        _ type: Shown.Type, _ path: String, of balancer: Int, _ plan: DemoPlan, _ client: KumaHTTPClient
    ) async throws -> Shown {
        let address = NodeAddress(host: "127.0.0.1", port: plan.ports.balancers[balancer - 1])
        let answer = try await client.page(path, of: address, within: .seconds(2))
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    func keep(_ measurement: DemoStatus.Measurement) {
        measurements.append(measurement)
        if measurements.count > Self.measurementsKept { measurements.removeFirst() }
    }
}

/// What the launch needs of `/lb/node-status`.
private struct ShownNodes: Decodable {
    struct Node: Decodable {
        struct Agent: Decodable {
            private enum CodingKeys: String, CodingKey {
                case okStreak = "ok_streak"
            }

            let okStreak: Int
        }

        let status: String
        let routable: Bool
        let agent: Agent

        /// A node calls itself online before it serves. Its agent, which may have found nobody there until now, has the last
        /// word, and says it when it has found it well.
        var isReady: Bool { status == NodeStatus.online.rawValue && routable && agent.okStreak > 0 }
    }

    let nodes: [Node]
}

/// What the launch needs of `/lb/leader`.
private struct ShownLeader: Decodable {
    let leader: String?
}
