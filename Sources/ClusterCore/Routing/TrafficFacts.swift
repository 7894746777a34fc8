package import Synchronization

/// What the data plane counts over all nodes: plain facts that the control API reads. Kept per reactor and summed by the
/// reader, so that two reactors never write one cache line.
package final class TrafficFacts: Sendable {
    /// Turns of the reactor's loop, since the start. It turns at least whenever it is woken: one that then stands still is
    /// stuck.
    package let turns = Atomic<Int>(0)
    /// Client connections accepted, since the start.
    package let accepted = Atomic<Int>(0)
    /// Client connections open now.
    package let openConnections = Atomic<Int>(0)
    /// Tunnels (after a 101) open now.
    package let openTunnels = Atomic<Int>(0)
    /// Pipes with bytes in them now, each of at most 512 KiB of the kernel's memory.
    package let leasedPipes = Atomic<Int>(0)
    /// Requests whose head was read whole.
    package let requests = Atomic<Int>(0)
    /// Requests answered by the balancer itself because their bytes were wrong (4xx, 501, 505).
    package let rejected = Atomic<Int>(0)
    /// Requests that no node could take (503) or whose node answered nonsense (502).
    package let failed = Atomic<Int>(0)
    /// Requests and tunnels that were cut because the routing table gave their node up; the requests among them are in
    /// `failed`, too.
    package let cut = Atomic<Int>(0)
    /// Connections closed because they did not speak HTTP.
    package let notHTTP = Atomic<Int>(0)
    /// Requests tried again, on another node or over another connection to the same one.
    package let retried = Atomic<Int>(0)
    /// Readiness events for a connection that was gone already; dropped.
    package let staleEvents = Atomic<Int>(0)
    /// Connections turned away: at `LB_MAX_CONNECTIONS`, at their client's share of it, or for want of a descriptor.
    package let turnedAway = Atomic<Int>(0)
    /// Lines of the access log that were dropped, because nobody took them in time.
    package let lostAccessLines = Atomic<Int>(0)

    package init() {}
}

/// Whether this balancer takes new work; the data plane sets it, `/lb/ready` reads it.
package final class ServingState: Sendable {
    private let draining = Atomic<Bool>(false)

    package init() {}

    /// Once true it stays so.
    package var isDraining: Bool { draining.load(ordering: .acquiring) }

    /// From now on no new connection is accepted and `/lb/ready` answers 503.
    package func beginDraining() { draining.store(true, ordering: .releasing) }
}
