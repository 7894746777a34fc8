/// How large a part of its share of new connections a node takes that has just become routable: rising evenly from nothing
/// to all of it (ChoosingANode.md). A node that starts with no connections would otherwise be the least loaded for every
/// client at once, while its caches are cold.
package struct SlowStart: Sendable, Equatable {
    /// `LB_SLOW_START` in nanoseconds; 0: at once.
    private let span: UInt64

    /// - Parameter span: `LB_SLOW_START`; zero or less: a node gets its whole share at once.
    package init(over span: Duration) {
        let (seconds, attoseconds) = span.components
        self.span = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
    }

    /// - Parameters:
    ///   - since: when the node became routable; nil: before this balancer looked.
    ///   - now: of the same clock.
    /// - Returns: 0 to 1.
    package func share(since: UInt64?, now: UInt64) -> Double {
        guard let since, span > 0 else { return 1 }
        guard now > since else { return 0 }
        return min(Double(now - since) / Double(span), 1)
    }
}
