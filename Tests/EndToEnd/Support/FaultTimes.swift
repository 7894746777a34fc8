import DemoCluster
import Glibc
import HTTPTestClient
import MariaDB
import Waiting

/// What became of one node and of its monitors, from the moment something was done to it.
struct FaultTimes: Sendable {
    var offline: Duration?
    /// No monitor is assigned to it any more.
    var moved: Duration?
    /// Every one of them had a beat from another node.
    var elsewhere: Duration?

    var text: String {
        let parts = [("offline", offline), ("moved", moved), ("running elsewhere", elsewhere)]
        return parts.map { name, time in "\(name) \(time?.seconds ?? "never")" }.joined(separator: ", ")
    }

    fileprivate var isComplete: Bool { offline != nil && moved != nil && elsewhere != nil }
}

/// What clients saw meanwhile.
struct LoadTimes: Sendable {
    let answered: Int
    let failures: [String]
    let lastFailure: Duration?

    var text: String {
        guard let lastFailure else { return "0 of \(answered) requests failed" }
        return "\(failures.count) of \(answered) requests failed, the last after \(lastFailure.seconds)"
    }
}

/// One command of a second terminal.
struct Act: Sendable {
    let action: DemoAction
    let target: String

    init(_ action: DemoAction, _ target: String) {
        self.action = action
        self.target = target
    }
}

extension ClusterUnderTest {
    /// All at once, as a host's power cut is.
    func act(_ acts: [Act]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for act in acts { group.addTask { try await self.act(act.action, act.target) } }
            try await group.waitForAll()
        }
    }

    /// As a power cut does, Kumas and agents of these nodes within a millisecond; commands of kuma-demo, each a process, are a
    /// second apart on a busy machine. First the agents: one that outlived its Kuma would tell of its death.
    func cutPower(of nodes: Set<String>) async throws {
        let struck = try await status().nodes.filter { nodes.contains($0.id) }
        let processes = (struck.map(\.agent) + struck.map(\.kuma)).compactMap(\.pid)
        guard processes.count == 2 * nodes.count else { throw NoCluster() }
        for process in processes { kill(process, SIGKILL) }
    }

    /// Does something to nodes under a steady load, and watches until all of their monitors run elsewhere. Times count from
    /// the first command and so include its own tenth of a second.
    /// - Parameters:
    ///   - strike: what is done before `acts`.
    ///   - balancer: that the clients use.
    ///   - limit: a defect's, not a slow machine's.
    func strike(
        _ nodes: [String], with acts: [Act] = [], balancer: Int = 1, within limit: Duration = .seconds(90),
        after strike: () async throws -> Void = {}
    ) async throws -> (nodes: [String: FaultTimes], load: LoadTimes) {
        let before = try await assignments()
        let load = SteadyLoad(port: balancerPorts[balancer - 1])
        load.start()
        let (began, start) = (try await now(), ContinuousClock.now)
        try await strike()
        try await act(acts)
        var times = Dictionary(uniqueKeysWithValues: nodes.map { ($0, FaultTimes()) })
        do {
            try await eventually("the monitors of \(nodes) run elsewhere", within: limit) {
                for (node, known) in times where !known.isComplete {
                    let monitors = before.filter { $0.value.effective == node }.map(\.key)
                    times[node] = try await self.look(at: node, monitors, since: began, start, known)
                }
                return times.values.allSatisfy(\.isComplete)
            }
        } catch {
            _ = await load.stop()
            throw error
        }
        return (times, LoadTimes(await load.stop(), since: start))
    }

    private func look(
        at node: String, _ monitors: [Int64], since began: String, _ start: ContinuousClock.Instant,
        _ known: FaultTimes
    ) async throws -> FaultTimes {
        let rows = try await database.query(
            """
            SELECT status, (SELECT CAST(COUNT(*) AS SIGNED) FROM monitor
                WHERE active = 1 AND COALESCE(assigned_node, node_id) = ?) AS running FROM node WHERE node_id = ?
            """, [.text(node), .text(node)])
        let (status, running) = try (rows.column("status"), rows.column("running"))
        guard let row = rows.first else { return known }
        var times = known
        let elapsed = start.duration(to: .now)
        if times.offline == nil, try row.text(status) == "offline" { times.offline = elapsed }
        if times.moved == nil, try row.int(running) == 0 { times.moved = elapsed }
        if times.moved != nil, times.elsewhere == nil {
            let seen = try await beats(since: began)
            if monitors.allSatisfy({ seen.nodes[$0]?.contains { $0 != node } ?? false }) { times.elsewhere = elapsed }
        }
        return times
    }

    /// Undoes what was done and waits until everything is home again.
    /// - Returns: how long that took: the start of the process, the judge's three checks and RETURN_HOLD included.
    func mend(_ acts: [Act]) async throws -> Duration {
        let start = ContinuousClock.now
        try await act(acts)
        try await eventually("everything is home again", within: .seconds(150)) { try await self.openMoves() == 0 }
        let returned = start.duration(to: .now)
        try await settled()
        return returned
    }
}

extension LoadTimes {
    init(_ result: SteadyLoad.Result, since start: ContinuousClock.Instant) {
        self.init(
            answered: result.answered, failures: result.failures,
            lastFailure: result.lastFailure.map { start.duration(to: $0) })
    }
}
