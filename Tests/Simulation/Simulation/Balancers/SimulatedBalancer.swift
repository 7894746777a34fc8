import ClusterCore
import ClusterStore
import ControlPlane
import Logging
import RepeatableRandom

/// One balancer's whole control plane – the product's own – driven step by step in virtual time. A pass needs no task: the
/// database's answers step it.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
final class SimulatedBalancer: @unchecked Sendable {
    let process: SimulatedProcess
    let plane: ControlPlane
    private let store: SimulatedStore

    init(
        process: SimulatedProcess, scenario: Scenario, store: SimulatedStore,
        network: @escaping SimulatedProbe.Network, sabotage: Sabotage?
    ) {
        self.process = process
        self.store = store
        var configuration = ControlPlaneConfiguration()
        configuration.monitorLimit = scenario.monitorLimit
        configuration.flaps.hold = scenario.hold
        configuration.flaps.window = scenario.flapWindow
        sabotage.spoil(&configuration)
        let scheduler = process.scheduler
        plane = ControlPlane(
            // For people's requests only, which come past the balancers here.
            configuration: configuration, store: store.inner,
            probe: SimulatedProbe(process: process, network: network, database: store.database),
            publisher: RoutingTablePublisher(),
            identity: BalancerPresence(id: BalancerID(text: process.name), address: process.name, version: "1"),
            logger: Logger(label: process.name) { _ in SwiftLogNoOpLogHandler() },
            clock: ControlClock(
                now: { process.instant }, sleep: { span in await process.sleep(span) },
                wallTime: { Simulation.epoch + scheduler.now },
                monotonicNanoseconds: { UInt64(max(scheduler.now / .nanoseconds(1), 0)) },
                draw: { scheduler.random.fraction() }),
            lookup: { host, answer in answer(.found([.ipv4(octets: SimulatedBalancer.address(of: host), port: 0)])) })
    }

    /// Of its own for each name, as nodes have (FNV-1a, in 10.0.0.0/8).
    private static func address(of host: String) -> UInt32 {
        0x0A00_0000 | host.utf8.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 } & 0xFF_FFFF
    }

    private var scheduler: Scheduler { process.scheduler }
    private var goesOn: Bool { !process.isDead && !store.oracle.isClosed }
    var leads: Bool { !process.isDead && plane.snapshot.leadership.isSelf }

    func start() {
        store.oracle.trace.note(process.name, "balancer starts")
        look()
    }

    /// What `ControlPlane.loop` does.
    private func look() {
        guard goesOn else { return }
        for work in plane.step(now: process.instant) {
            switch work {
            case .pass: goOn(plane.beginPass())
            case .probe, .lookUp, .save: scheduler.start { [plane] in await plane.perform(work) }
            }
        }
        process.after(scheduler.random.span(.milliseconds(100) ... .milliseconds(250))) { [self] in look() }
    }

    private func goOn(_ step: PassStep) {
        switch step {
        case .ask(let statement): store.ask(statement) { [self] answer in goOn(plane.passAnswered(answer)) }
        case .rest: return
        }
    }
}

/// A balancer's probe of a Kuma across the network.
struct SimulatedProbe: NodeProbe {
    typealias Network = @Sendable () -> [SimulatedKuma]

    let process: SimulatedProcess
    let network: Network
    let database: SimulatedDatabase

    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        let scheduler = process.scheduler
        guard let kuma = network().first(where: { $0.id.text == address.host }) else {
            return ProbeResult(finding: .unhealthy, detail: "connection refused", duration: .zero)
        }
        let startedAt = scheduler.now
        let isLost = scheduler.random.chance(database.faultRate / 4)
        let isReachable = !isLost && !process.unreachable.contains(address.host)
        let result = await kuma.health(isReachable: isReachable, timeout: timeout)
        await process.awake()
        // Frozen beyond its own deadline: it may see the timer before it sees the answer.
        if scheduler.now - startedAt > timeout, scheduler.random.chance(0.5) {
            return ProbeResult(finding: .unhealthy, detail: "no answer within \(timeout)", duration: timeout)
        }
        return result
    }
}
