import Synchronization

/// Which node issued which Socket.IO session: learned from handshakes by the reactors, shared by all of them, for a client
/// polls over several connections and each may be another reactor's (ChoosingANode.md).
///
/// Split into shards by the session's hash, each under a lock of its own that is held for some hundred nanoseconds. Only
/// requests to `/socket.io/` come here.
package final class SessionTable: Sendable {
    /// Sixteen: with a reactor for each of that many cores, two of them seldom meet at one lock.
    private static let shardBits = 4

    private let shards: Shards

    /// - Parameters:
    ///   - capacity: sessions at most, in all shards together; the least recently used of a full shard makes room.
    ///   - idle: a session that was not used for longer is forgotten.
    package init(capacity: Int = SessionLimits.sessions, idle: Duration = SessionLimits.idle) {
        let (seconds, attoseconds) = idle.components
        let nanoseconds = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
        let share = max(capacity >> SessionTable.shardBits, 1)
        shards = Shards((0..<(1 << SessionTable.shardBits)).map { _ in Shard(capacity: share, idle: nanoseconds) })
    }

    /// Notes who issued a session.
    /// - Parameter now: nanoseconds of CLOCK_MONOTONIC, here as below.
    package func learn(_ key: SessionKey, node: NodeTraffic.Serial, now: UInt64) {
        shards[key].state.withLock { $0.learn(key, node: node, now: now) }
    }

    /// Who issued the session, which counts as used; nil when it is unknown or was not used for too long.
    package func node(of key: SessionKey, now: UInt64) -> NodeTraffic.Serial? {
        shards[key].state.withLock { $0.node(of: key, now: now) }
    }

    /// For a session whose node is gone.
    package func forget(_ key: SessionKey) { shards[key].state.withLock { $0.forget(key) } }

    /// Sessions held now, expired ones that nobody asked for included.
    package var count: Int { shards.all.reduce(0) { $0 + $1.state.withLock { $0.count } } }

    private final class Shard: Sendable {
        let state: Mutex<SessionShard>

        init(capacity: Int, idle: UInt64) { state = Mutex(SessionShard(capacity: capacity, idle: idle)) }
    }

    private struct Shards: Sendable {
        let all: [Shard]

        init(_ all: [Shard]) { self.all = all }

        subscript(key: SessionKey) -> Shard { all[Int(truncatingIfNeeded: key.hash) & (all.count - 1)] }
    }
}

/// Bounds of the session table, in one place.
package enum SessionLimits {
    /// Sessions that are remembered; above: the least recently used are forgotten. About 12 MB when full.
    package static let sessions = 100_000
    /// Since a session's last request. Engine.IO polls at least every 25 s (<doc:FactsAboutKuma>); after an upgrade no
    /// request follows.
    package static let idle: Duration = .seconds(120)
}

/// `LB_SESSION_AFFINITY`: how a Socket.IO session is kept on the node that issued it.
package enum SessionAffinity: String, Sendable, CaseIterable {
    /// By what this balancer learned from its handshake; new sessions go to the least loaded node.
    case sid
    /// New sessions are placed by the client's address too, the same way by every balancer: for several balancers that one
    /// client's requests reach in turn.
    case address
}
