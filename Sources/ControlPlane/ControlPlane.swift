// What a balancer does beside forwarding: it polls the database, probes the nodes, speaks for silent ones, leads or follows,
// moves monitors, and publishes the routing table. No request of a client ever passes here, and the data plane never waits
// for it; no SQL, no HTTP and no setting: those come in as a store, a probe and a configuration.

package import ClusterCore
package import ClusterStore
package import Logging
import ServiceLifecycle
package import Synchronization

/// The control plane of one balancer: polls the tables, probes the nodes, publishes routing tables and, as the leader,
/// speaks for silent nodes and moves monitors.
///
/// One control loop: `step` looks at what is due and returns it as work, `perform` does one piece. The loop runs pieces
/// as child tasks – at most one pass through the database at a time, each node's probe at most once – so a database
/// that hangs delays no probe, and a node that hangs delays no poll.
package final class ControlPlane: ClusterControl, Service {
    /// One piece of work that is due.
    package enum Work: Sendable, Equatable {
        /// One round trip through the database.
        case pass
        case probe(ProbeBoard.Request)
        case lookUp(host: String)
        case save(SavedSnapshot)
    }

    struct State {
        /// The failed connects to all nodes of one table.
        struct FailureSum: Equatable {
            let generation: UInt64
            let failures: Int
        }

        var report: PassReport
        var book: AddressBook
        /// Of the last snapshot and, unless they are old, of the book as it is.
        var claims = AddressClaims()
        var areClaimsOld = false
        var traffic = NodeTrafficRegistry()
        var connectFailures: [NodeID: Int] = [:]
        var failureSum: FailureSum?
        var table = RoutingTable.empty
        var tableUpdatedAt: ContinuousClock.Instant?
        var isPassRunning = false
        var nextPass: ContinuousClock.Instant
        var isTableDue = true
        var proberRevision: UInt64 = 0
        var saved: SavedSnapshot?
        var isSaving = false
        var nextSave: ContinuousClock.Instant
        var isSaveTroubled = false
        var isRestored = false
        var readers = 0

        /// A name has another address, or another one of its addresses comes first.
        mutating func moved() {
            isTableDue = true
            areClaimsOld = true
        }
    }

    /// Readers of the history, the journal and the jobs at once; above: turned away. Each keeps the readers' connection for
    /// some milliseconds.
    package static let readers = 8

    let configuration: ControlPlaneConfiguration
    let store: any ControlStore
    /// What people read goes here, past the connection that renews the lease.
    let readingStore: any ControlStore
    let publisher: RoutingTablePublisher
    let clock: ControlClock
    let logger: Logger
    let lookup: NameLookup
    let builder: RoutingTableBuilder
    let prober: NodeProber
    let driver: PassDriver
    let feed = EventFeed()
    let shared: Mutex<State>
    /// Turns of the control loop, since the start; several a second, whatever the database and the nodes do.
    package let turns = Atomic<Int>(0)

    /// - Parameter readingStore: the same database over a connection of its own; nil: `store` itself.
    package init(
        configuration: ControlPlaneConfiguration, store: any ControlStore, readingStore: (any ControlStore)? = nil,
        probe: any NodeProbe,
        publisher: RoutingTablePublisher, identity: BalancerPresence, logger: Logger, clock: ControlClock = .system,
        lookup: @escaping NameLookup = HostLookup.start
    ) {
        self.configuration = configuration
        self.store = store
        self.readingStore = readingStore ?? store
        self.publisher = publisher
        self.clock = clock
        self.logger = logger
        self.lookup = lookup
        builder = RoutingTableBuilder(judge: configuration.judge)
        prober = NodeProber(configuration: configuration, probe: probe, clock: clock, logger: logger)
        driver = PassDriver(
            configuration: configuration, store: store, prober: prober, identity: identity, feed: feed,
            clock: clock, logger: logger)
        let now = clock.now()
        let nobody = LeadershipSnapshot(leader: nil, epoch: nil, expiresIn: nil, isSelf: false, balancers: [])
        let unread = DatabaseSnapshot(isReachable: false, since: now, lastError: nil, lastRead: nil)
        shared = Mutex(
            State(
                report: PassReport(
                    snapshot: nil, madeAt: now, database: unread, leadership: nobody, silent: [], flaps: [:]),
                book: AddressBook(interval: configuration.resolveInterval, deadline: configuration.resolveDeadline),
                nextPass: now, nextSave: now))
    }

    /// Runs until the service group shuts down or the task is cancelled, then gives the lease back. A store's error
    /// never ends it.
    package func run() async throws {
        restore()
        await cancelWhenGracefulShutdown { await self.loop() }
        saveSnapshot()
        feed.end()
        // On a task of its own: this one is cancelled already, and a successor should not have to wait for the lease.
        await Task { await self.driver.finish() }.value
    }

    private func loop() async {
        let hurryUntil = clock.now() + configuration.startingSpan
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for work in step(now: clock.now()) {
                    group.addTask { await self.perform(work) }
                }
                turns.add(1, ordering: .relaxed)
                let isStarting = !publisher.table.hasRoutableNode && clock.now() < hurryUntil
                let pause = isStarting ? configuration.startingTick : configuration.tick
                do { try await clock.sleep(pause) } catch { break }
            }
            group.cancelAll()
        }
    }
}
