import ChildProcesses
import ClusterCore
import MariaDB
import PrivateMariaDB
import StandInKuma

extension DemoCluster {
    /// Answers a second terminal.
    func answer(_ request: ControlRequest) async -> ControlAnswer {
        switch request {
        case .status:
            guard let status = await status() else { return .refused("the demo is still starting") }
            return .status(status)
        case .act(let action, let name):
            do {
                return .done(try await act(action, on: name))
            } catch {
                return .refused("\(error)")
            }
        }
    }

    private func act(_ action: DemoAction, on name: String) async throws -> String {
        guard phase == .ready, let plan, let processes else { throw DemoRefusal("the demo is still starting") }
        guard let target = DemoTarget(name), plan.has(target) else {
            throw DemoRefusal("there is no \(name); the demo has \(plan.targetNames)")
        }
        let text =
            switch target {
            case .database: try await actOnDatabase(action)
            case .node(let number): try await act(action, onNode: "node\(number)", target, processes)
            case .agent, .balancer: try await act(action, on: target, processes)
            }
        console.log(text, .strong)
        return text
    }

    private func act(_ action: DemoAction, on target: DemoTarget, _ processes: DemoProcesses) async throws -> String {
        switch action {
        case .kill:
            try await processes.kill(target)
            return "\(target) killed"
        case .stop: return "\(target) stopped: \(try await processes.stop(target))"
        case .start:
            try await processes.start(target)
            return "\(target) started"
        case .freeze:
            try await processes.freeze(target)
            return "\(target) frozen"
        case .thaw:
            try await processes.thaw(target)
            return "\(target) thawed"
        }
    }

    /// As for any process, and watches what becomes of the node's monitors.
    private func act(
        _ action: DemoAction, onNode node: String, _ target: DemoTarget, _ processes: DemoProcesses
    ) async throws -> String {
        switch action {
        case .kill, .stop, .freeze:
            let departure = await departure(of: node)
            let text = try await act(action, on: target, processes)
            if let departure {
                watchDeparture(of: node, monitors: departure.monitors, since: departure.since)
            }
            return text + (departure.map { "; it ran \($0.monitors.count) monitors" } ?? "")
        case .start, .thaw:
            let text = try await act(action, on: target, processes)
            await watchComeback(of: node)
            return text
        }
    }

    private func actOnDatabase(_ action: DemoAction) async throws -> String {
        guard let mariaDB else { throw DemoRefusal("there is no database yet") }
        switch action {
        case .kill, .stop:
            try expectDatabase(in: [.running, .frozen])
            databaseState = .killed
            await mariaDB.kill()
            return "database killed"
        case .start:
            try expectDatabase(in: [.killed, .crashed])
            try await mariaDB.restart()
            databaseState = .running
            return "database started"
        case .freeze:
            try expectDatabase(in: [.running])
            databaseState = .frozen
            await mariaDB.freeze()
            return "database frozen"
        case .thaw:
            try expectDatabase(in: [.frozen])
            mariaDB.thaw()
            databaseState = .running
            return "database thawed"
        }
    }

    private func expectDatabase(in states: [DemoStatus.ProcessState]) throws(DemoRefusal) {
        guard states.contains(databaseState) else { throw DemoRefusal("the database is \(databaseState.rawValue)") }
    }

    // MARK: Status

    /// Nil before the plan is made.
    private func status() async -> DemoStatus? {
        guard let plan, let processes, let directory else { return nil }
        var nodes: [DemoStatus.Node] = []
        for number in 1...plan.options.nodes {
            var node = DemoStatus.Node(
                id: "node\(number)", address: plan.address(ofNode: number).description,
                kuma: await processes.describe(.node(number)), agent: await processes.describe(.agent(number)))
            if databaseState == .running, let facts = try? await database?.facts(of: node.id) {
                node.status = facts.status
                node.monitors = facts.monitors
                node.recentBeats = facts.recentBeats
            }
            nodes.append(node)
        }
        var balancers: [DemoStatus.Balancer] = []
        for number in 1...plan.options.balancers {
            let process = await processes.describe(.balancer(number))
            balancers.append(DemoStatus.Balancer(url: plan.url(ofBalancer: number), process: process))
        }
        let isAlive = databaseState == .running || databaseState == .frozen
        let process = DemoStatus.Process(
            name: "database", state: databaseState, pid: isAlive ? mariaDB?.processID : nil)
        let database = DemoStatus.Database(
            process: process, host: plan.database.host, port: plan.database.port, name: plan.database.name,
            user: plan.database.user, password: plan.database.password)
        return DemoStatus(
            phase: phase, directory: directory.path, nodes: nodes, balancers: balancers, database: database,
            measurements: measurements)
    }
}
