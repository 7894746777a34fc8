/// Notices within milliseconds that a node's process died, where polling would need seconds: it holds one bare TCP
/// connection to the node, which the kernel ends together with the process.
package protocol NodeTether: Sendable {
    /// Connects, sends nothing, and returns when the connection ends, could not be made, or the task was cancelled.
    ///
    /// An end is a reason to probe at once, not a verdict: Node.js itself closes a connection without a request after
    /// about a minute.
    func hold(_ address: NodeAddress) async -> TetherEnd
}

/// How holding a tether ended.
package enum TetherEnd: Sendable, Equatable {
    /// It was held, and the node or its kernel closed it.
    case closed
    /// It could not be made.
    case notConnected
    case cancelled
}
