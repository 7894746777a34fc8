package import Synchronization

/// What this balancer's data plane knows of one node: plain counters and the ejection mark, shared by all reactors and
/// read by the control plane. One object per node id for the life of the process; every routing table refers to it.
///
/// DataPlane and ControlPlane meet here and in `RoutingTablePublisher`, nowhere else.
package final class NodeTraffic: Sendable {
    /// Tells this object from every other there ever was in the process: how the session table names a node.
    package struct Serial: Hashable, Sendable, BitwiseCopyable {
        fileprivate let number: UInt64
    }

    private static let serials = Atomic<UInt64>(0)

    /// Never given to another object of this process.
    package let serial: Serial
    /// Client connections that are on this node now, tunnels included.
    package let openConnections = Atomic<Int>(0)
    /// Requests forwarded, since the start.
    package let requests = Atomic<Int>(0)
    /// Connects that were refused, reset or timed out, since the start.
    package let connectFailures = Atomic<Int>(0)
    /// Requests that were tried here and went to another node, or over another connection, since the start.
    package let retries = Atomic<Int>(0)
    /// Times it was ejected, since the start.
    package let ejections = Atomic<Int>(0)
    /// How long connects to it took, those that succeeded.
    package let connectTimes = LatencyHistogram()
    /// From a request on its way to the head of its response.
    package let responseTimes = LatencyHistogram()
    /// Responses by the first digit of their status: 1 to 5, since the start.
    private let responses: InlineArray<5, Atomic<Int>>
    /// Connect failures since the last success: what the ejection's length is computed from.
    private let failureStreak = Atomic<Int>(0)
    /// Nanoseconds of CLOCK_MONOTONIC until which the node is passed over; 0: not ejected.
    private let ejectedUntil = Atomic<UInt64>(0)
    /// Nanoseconds of CLOCK_MONOTONIC until which it counts as shaken; 0: it never was.
    private let shakenUntil = Atomic<UInt64>(0)
    /// When it became routable, in nanoseconds of CLOCK_MONOTONIC; 0: before this balancer looked.
    private let routableFrom = Atomic<UInt64>(0)

    package init() {
        responses = InlineArray { _ in Atomic(0) }
        serial = Serial(number: NodeTraffic.serials.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// The head of a response is here.
    /// - Parameters:
    ///   - status: 100 and above; those beyond 599 count as 5xx (RFC 9110 §15).
    ///   - span: since the request was on its way, in nanoseconds.
    package func responded(_ status: UInt16, after span: UInt64) {
        responses[min(max(Int(status) / 100, 1), 5) - 1].wrappingAdd(1, ordering: .relaxed)
        responseTimes.add(span)
    }

    /// Responses since the start, 1xx to 5xx.
    package var responsesByClass: [Int] { (0..<5).map { responses[$0].load(ordering: .relaxed) } }

    /// The node is new, or has recovered: its share of new connections begins to rise (`SlowStart`).
    /// - Parameter now: nanoseconds of CLOCK_MONOTONIC.
    package func becameRoutable(now: UInt64) { routableFrom.store(now, ordering: .relaxed) }

    /// Since when the node has been routable, in nanoseconds of CLOCK_MONOTONIC; nil: before this balancer looked.
    package var routableSince: UInt64? {
        let moment = routableFrom.load(ordering: .relaxed)
        return moment == 0 ? nil : moment
    }

    /// A connect was refused, reset or timed out. It is the caller who ejects.
    package func connectFailed() { connectFailures.wrappingAdd(1, ordering: .relaxed) }

    /// Passes over the node: 0.5 s, doubling to 30 s, ±10 % (ChoosingANode.md).
    /// - Parameters:
    ///   - now: nanoseconds of CLOCK_MONOTONIC.
    ///   - draw: a random number of 0 to 1, for the jitter.
    package func eject(now: UInt64, draw: Double) {
        // Further failures while ejected are the same outage seen by other connections: they do not lengthen it.
        guard ejectedUntil.load(ordering: .relaxed) <= now else { return }
        let streak = failureStreak.wrappingAdd(1, ordering: .relaxed).newValue
        ejections.wrappingAdd(1, ordering: .relaxed)
        let span = Jitter.spread(EjectionLimits.span(afterFailures: streak), draw: draw)
        let (seconds, attoseconds) = span.components
        let nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        ejectedUntil.store(now + nanoseconds, ordering: .releasing)
    }

    /// Ends an ejection: one good connect or one good probe is enough.
    package func connectSucceeded() {
        // Read first: the steady path then shares the cache line instead of fighting for it.
        if failureStreak.load(ordering: .relaxed) != 0 { failureStreak.store(0, ordering: .relaxed) }
        if ejectedUntil.load(ordering: .relaxed) != 0 { ejectedUntil.store(0, ordering: .releasing) }
    }

    /// - Parameter now: nanoseconds of CLOCK_MONOTONIC.
    package func isEjected(now: UInt64) -> Bool { ejectedUntil.load(ordering: .acquiring) > now }

    /// It ended a connection on which an answer was due, or one that had just carried an answer: what an end of its process
    /// looks like from here. Its listener may take connections for a moment yet, and reset them, so a connect that succeeds
    /// says nothing against it: only time does.
    /// - Parameter end: nanoseconds of CLOCK_MONOTONIC until which it counts as shaken.
    package func brokeOff(shakenUntil end: UInt64) { shakenUntil.store(end, ordering: .relaxed) }

    /// Whether a request that can be sent only once had better go elsewhere.
    /// - Parameter now: nanoseconds of CLOCK_MONOTONIC.
    package func isShaken(now: UInt64) -> Bool { shakenUntil.load(ordering: .relaxed) > now }
}

/// How long a node that refused a connect is passed over.
package enum EjectionLimits {
    /// Of the first ejection; doubled by each further one until a connect or a probe succeeds (ChoosingANode.md).
    package static let first: Duration = .milliseconds(500)
    /// Where the doubling ends; the jitter of ±10 % comes on top.
    package static let longest: Duration = .seconds(30)

    /// - Parameter failures: ejections in a row, 1 for the first.
    package static func span(afterFailures failures: Int) -> Duration {
        min(first * (1 << min(max(failures - 1, 0), 16)), longest)
    }
}
