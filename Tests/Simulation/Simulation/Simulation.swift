import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import RepeatableRandom

/// One seed's cluster: nodes, agents, balancers, the database, people and fate, all in virtual time on one thread.
///
/// SAFETY: `@unchecked Sendable`: touched by the one thread that runs it only.
package final class Simulation: @unchecked Sendable {
    let scenario: Scenario
    let sabotage: Sabotage?
    let scheduler: Scheduler
    let trace: Trace
    let tables: InMemoryCluster
    let database: SimulatedDatabase
    let oracle: Oracle
    private let origin = ContinuousClock.now
    /// The database's time of day when virtual time begins: a full minute.
    static let epoch: Duration = .seconds(1_800_000_000)
    var kumas: [SimulatedKuma] = []
    /// Every agent that was ever started; the dead among them stay.
    var agents: [SimulatedAgent] = []
    var balancers: [SimulatedBalancer] = []
    /// Machines that are gone for good, with what ran on them.
    var scrapped: Set<NodeID> = []
    private var started = 0
    var nextBlip: Duration = .zero
    var nextMonitor: Int64 = 1
    private(set) var faults = 0

    package struct Outcome: Sendable {
        package let scenario: Scenario
        package let violation: Violation?
        package let digest: UInt64
        package let steps: Int
        package let faults: Int
        package let statistics: Statistics
        package let trace: [String]
        package let watch: MonitorWatch
    }

    package typealias Statistics = OracleStatistics

    package init(_ scenario: Scenario, sabotage: Sabotage? = nil, trace mode: Trace.Mode = .dropped) {
        self.scenario = scenario
        self.sabotage = sabotage
        let scheduler = Scheduler(seed: scenario.seed)
        self.scheduler = scheduler
        trace = Trace(mode, scheduler: scheduler)
        let clock = SimulatedDatabase.Clock()
        tables = InMemoryCluster(now: { Simulation.epoch + scheduler.now + clock.shift })
        database = SimulatedDatabase(tables, clock: clock, scheduler: scheduler)
        oracle = Oracle(tables, clock: clock, scenario: scenario, scheduler: scheduler, trace: trace)
    }

    /// Plays the seed to its end, or to the first violation.
    package func run() -> Outcome {
        switch scenario.profile {
        case .planned: return run(drawnOrder)
        case .everything, .storm, .people, .databaseOutages, .agentsDie, .blips, .handovers: break
        }
        trace.note("scenario", "\(scenario)")
        build()
        let faultsEnd = Scenario.warmUp + scenario.faultSpan
        proceed(to: Scenario.warmUp)
        database.faultRate = scenario.faultRate
        database.meddler = { [unowned self] statement in meddle(with: statement) }
        scheduler.start { [self] in await strike(until: faultsEnd) }
        scheduler.start { [self] in await inspect() }
        proceed(to: faultsEnd)
        heal()
        proceed(to: faultsEnd + scenario.quietSpan)
        if oracle.violation == nil { checkSettled() }
        return end()
    }

    /// Plays what somebody planned, to its end and two of Kuma's minutes more.
    func run(_ order: PlannedOrder) -> Outcome {
        trace.note("scenario", "\(scenario)")
        build()
        proceed(to: Scenario.warmUp)
        begin(order)
        let limit = Scenario.warmUp + .seconds(300) + .seconds(60) * (scenario.monitorsPerNode / 15)
        proceed(to: Scenario.warmUp + .seconds(10))
        while !isDone(order), scheduler.now < limit, oracle.violation == nil {
            proceed(to: scheduler.now + .seconds(10))
        }
        proceed(to: scheduler.now + .seconds(125))
        if oracle.violation == nil {
            checkWatched()
            checkSettled()
        }
        return end()
    }

    private func end() -> Outcome {
        close()
        return Outcome(
            scenario: scenario, violation: oracle.violation, digest: trace.digest ^ scheduler.random.state,
            steps: scheduler.steps, faults: faults + database.faults, statistics: oracle.statistics,
            trace: trace.lines, watch: oracle.watch)
    }

    private func proceed(to end: Duration) {
        guard oracle.violation == nil else { return }
        scheduler.run(until: end) { oracle.violation == nil }
    }

    /// Lets every task come to its end, so that nothing of one simulation outlives it.
    private func close() {
        oracle.isClosed = true
        database.become(.up)
        for process in processes {
            process.thaw()
            process.kill()
        }
        for kuma in kumas { kuma.stop() }
        scheduler.runOut()
    }

    var processes: [SimulatedProcess] { agents.map(\.process) + balancers.map(\.process) }
    var livingAgents: [SimulatedAgent] { agents.filter { !$0.process.isDead } }
    var livingBalancers: [SimulatedBalancer] { balancers.filter { !$0.process.isDead } }

    // MARK: Building

    private func build() {
        for name in (1...scenario.nodes).map({ "node\($0)" }) {
            let isEmpty = scenario.profile == .planned && name != Scenario.crowded
            _ = addNode(name, monitors: isEmpty ? 0 : scenario.monitorsPerNode)
        }
        // A cluster whose nodes serve already: a cold start of everything at once is the other profiles' restarts.
        for _ in 0..<scenario.balancers {
            scheduler.after(Scenario.nodesFirst) { [self] in addBalancer() }
        }
    }

    func addNode(_ name: String, monitors: Int) -> SimulatedKuma? {
        guard let id = try? NodeID(name), !kumas.contains(where: { $0.id == id }) else { return nil }
        let isInStep = scenario.profile == .planned
        let shifts: ClosedRange<Duration> =
            isInStep ? .milliseconds(-500) ... .milliseconds(500) : .zero ... .seconds(59)
        let shift = scheduler.random.span(shifts)
        let kuma = SimulatedKuma(id, database: database, oracle: oracle, wallShift: shift)
        kumas.append(kuma)
        if monitors > 0 {
            oracle.person("\(monitors) monitors on \(name)", by: "begin") {
                for _ in 0..<monitors {
                    tables.put(MonitorAssignment(id: MonitorID(nextMonitor), home: NodeReference(id)))
                    nextMonitor += 1
                }
            }
        }
        kuma.start()
        addAgent(kuma)
        return kuma
    }

    func addAgent(_ kuma: SimulatedKuma) {
        let process = newProcess("agent-\(kuma.id)")
        let agent = SimulatedAgent(
            process: process, kuma: kuma, instance: AgentInstance(text: "instance\(started)"),
            store: store(of: process), hasReconcileKey: scenario.hasReconcileKey,
            onAsking: { [unowned self] in meddle(whileAsking: $0) })
        agents.append(agent)
        agent.start()
    }

    func addBalancer() {
        let process = newProcess("lb\(balancers.count + 1)")
        let balancer = SimulatedBalancer(
            process: process, scenario: scenario, store: store(of: process), network: network, sabotage: sabotage)
        balancers.append(balancer)
        balancer.start()
    }

    private var network: SimulatedProbe.Network { { [weak self] in self?.kumas ?? [] } }

    private func newProcess(_ name: String) -> SimulatedProcess {
        started += 1
        return SimulatedProcess(name, scheduler: scheduler, origin: origin)
    }

    private func store(of process: SimulatedProcess) -> SimulatedStore {
        SimulatedStore(process: process, database: database, oracle: oracle, sabotage: sabotage)
    }

    // MARK: Fate

    private func strike(until end: Duration) async {
        while !oracle.isClosed {
            await scheduler.sleep(scheduler.random.span(.zero...scenario.pace * 2))
            guard scheduler.now < end, !oracle.isClosed else { return }
            let fault = Fault.draw(in: scenario.profile, &scheduler.random)
            if strike(fault) { faults += 1 }
        }
    }

    private func inspect() async {
        while !oracle.isClosed {
            await scheduler.sleep(.seconds(5))
            guard !oracle.isClosed else { return }
            for kuma in kumas { kuma.checkFreshness() }
        }
    }
}
