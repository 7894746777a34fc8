import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// Watches the tables and knows what must not happen. It keeps its own books – assignments, who was online when, whose
/// report came last, where each monitor was before we touched it – and compares them with what is written.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class Oracle: @unchecked Sendable {
    /// The tables just before a statement.
    struct Look {
        var monitors: [MonitorAssignment] = []
        var open: [OpenMove] = []
        var lastMove: Int64 = 0
        var lease: InMemoryCluster.LeaseSight?
        var node: InMemoryCluster.NodeSight?
        /// Monitors that the history tells of as moved, and as returned.
        var told = (moved: 0, returned: 0)
    }

    enum Answer: Sendable, Equatable {
        case done
        case refused(StoreError)
    }

    /// Of one monitor that the cluster moved and has not brought home.
    struct Absence {
        var lastTo: NodeReference
        /// `assigned_node` before the first move.
        var origin: NodeReference?
    }

    let tables: InMemoryCluster
    let clock: SimulatedDatabase.Clock
    let scheduler: Scheduler
    let trace: Trace
    let scenario: Scenario

    private(set) var violation: Violation?
    /// The simulation is over: what still happens does not count.
    var isClosed = false
    private(set) var statistics = OracleStatistics()

    var watch = MonitorWatch()
    /// The oracle's copy of the assignments.
    var known: [MonitorAssignment] = []
    var tracks: [String: NodeTrack] = [:]
    /// When any node's standing, or a monitor by a person's hand, last changed.
    var lastDisturbance: Duration = .zero
    /// Assignments that a person made and nobody changed since.
    var chosen: [MonitorID: NodeReference] = [:]
    var absences: [MonitorID: Absence] = [:]
    var lastReports: [NodeID: (at: Duration, instance: AgentInstance, isDetached: Bool)] = [:]
    var holders: [Int64: BalancerID] = [:]
    /// People stopped all automatic moves; the end by the database's clock.
    var pause: (since: Duration, until: Duration?)?
    /// When the set of monitors that a node should run last changed.
    private var setChangedAt: [NodeReference: Duration] = [:]

    init(
        _ tables: InMemoryCluster, clock: SimulatedDatabase.Clock, scenario: Scenario, scheduler: Scheduler,
        trace: Trace
    ) {
        self.tables = tables
        self.clock = clock
        self.scenario = scenario
        self.scheduler = scheduler
        self.trace = trace
    }

    var now: Duration { scheduler.now }

    func fail(_ invariant: Invariant, _ detail: String) {
        guard violation == nil, !isClosed else { return }
        violation = Violation(invariant: invariant, at: now, detail: detail)
        trace.note("ORACLE", "\(invariant.rawValue): \(detail)")
    }

    func count(_ field: WritableKeyPath<OracleStatistics, Int>, _ number: Int = 1) {
        statistics[keyPath: field] += number
    }

    // MARK: Nodes

    /// Somebody wrote to the row of `node`.
    func nodeWritten(_ node: String) {
        var track = tracks[node] ?? NodeTrack()
        let before = track.standing
        track.observe(tables.sight(of: node), fall: scenario.fall, now: now)
        if track.standing != before {
            lastDisturbance = now
            trace.note("tables", "\(node) is \(track.standing)")
        }
        tracks[node] = track
    }

    func rowDeleted(_ node: NodeID) {
        tracks[node.text]?.rowDeleted()
        lastReports[node] = nil
        nodeWritten(node.text)
    }

    /// What a monitor's column names: rows are found without regard to case, as the database does.
    func track(_ reference: NodeReference) -> NodeTrack {
        if let exact = tracks[reference.text] { return exact }
        let name = tracks.keys.sorted().first { NodeReference(text: $0) == reference }
        return name.flatMap { tracks[$0] } ?? NodeTrack()
    }

    // MARK: People

    /// A person changes monitors.
    func person(_ what: String, by who: String = "person", _ act: () -> Void) {
        let before = tables.monitors
        if before != known { fail(.reason, "before a person's act: \(Oracle.difference(known, before))") }
        act()
        trace.note(who, what)
        count(\.personsActs)
        let after = tables.monitors
        let open = Dictionary(tables.openEntries.map { ($0.monitor, $0) }) { first, _ in first }
        let old = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        for monitor in after {
            guard old[monitor.id]?.assigned?.text != monitor.assigned?.text || old[monitor.id] == nil else { continue }
            note(personPut: monitor, open: open[monitor.id])
        }
        for monitor in before where !after.contains(where: { $0.id == monitor.id }) {
            chosen[monitor.id] = nil
            absences[monitor.id] = nil
        }
        adopt(after)
        lastDisturbance = now
    }

    private func note(personPut monitor: MonitorAssignment, open: OpenMove?) {
        chosen[monitor.id] = nil
        absences[monitor.id] = nil
        guard let assigned = monitor.assigned else { return }
        if let open, open.to.text == assigned.text {
            // Exactly what we wrote: nobody can tell it from our own hand.
            absences[monitor.id] = Absence(lastTo: assigned, origin: open.previousAssigned)
        } else {
            chosen[monitor.id] = assigned
        }
    }

    /// Takes over what the tables say now.
    func adopt(_ monitors: [MonitorAssignment]) {
        let before = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        let after = Dictionary(monitors.map { ($0.id, $0) }) { first, _ in first }
        for id in Set(before.keys).union(after.keys).sorted() where before[id] != after[id] {
            for node in [before[id]?.effective, after[id]?.effective] {
                if let node { setChangedAt[node] = now }
            }
        }
        known = monitors
    }

    func lastSetChange(of node: NodeID) -> Duration { setChangedAt[NodeReference(node)] ?? .zero }

    static func difference(_ expected: [MonitorAssignment], _ found: [MonitorAssignment]) -> String {
        let old = Dictionary(expected.map { ($0.id, $0) }) { first, _ in first }
        let changed = found.filter { old[$0.id] != $0 }.map { monitor in
            "monitor \(monitor.id) is \(text(monitor)), known was \(old[monitor.id].map(text) ?? "none")"
        }
        return changed.isEmpty ? "monitors were deleted" : changed.joined(separator: "; ")
    }

    static func text(_ monitor: MonitorAssignment) -> String {
        "home \(monitor.home?.text ?? "NULL") assigned \(monitor.assigned?.text ?? "NULL")"
            + (monitor.isActive ? "" : " paused")
    }
}

/// What a run exercised.
package struct OracleStatistics: Sendable, Equatable {
    package init() {}

    package var moved = 0, returned = 0, forgotten = 0, spoken = 0, elections = 0, fenced = 0, personsActs = 0
    package var strays = 0, rebalanced = 0
    /// Batches of moves that had to pass over silent nodes.
    package var avoided = 0

    /// What a range of seeds must have met, or it tested nothing.
    package static var fields: [(name: String, path: KeyPath<OracleStatistics, Int>)] {
        [
            ("a move", \.moved), ("a return", \.returned), ("an entry given up", \.forgotten),
            ("a word for a silent node", \.spoken), ("an election", \.elections),
            ("an act of a person", \.personsActs), ("a stray statement", \.strays), ("a rebalancing", \.rebalanced),
        ]
    }

    package static func + (left: OracleStatistics, right: OracleStatistics) -> OracleStatistics {
        var sum = left
        sum.moved += right.moved
        sum.returned += right.returned
        sum.forgotten += right.forgotten
        sum.spoken += right.spoken
        sum.elections += right.elections
        sum.fenced += right.fenced
        sum.personsActs += right.personsActs
        sum.strays += right.strays
        sum.rebalanced += right.rebalanced
        sum.avoided += right.avoided
        return sum
    }
}
