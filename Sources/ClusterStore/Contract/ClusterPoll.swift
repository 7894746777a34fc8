package import ClusterCore

/// What one poll read.
package struct ClusterPoll: Sendable, Equatable {
    /// Ascending by node id; rows with `active = 0` are left out.
    package let nodes: [NodeRecord]
    /// One readable line for each row that could not be understood (bad id, unknown status); such a row is left out.
    package let rejectedRows: [String]
    /// Whether Kuma's `user` table has a row.
    package let isSetUp: Bool
    package let fingerprint: AssignmentFingerprint
    package let orders: StandingOrders
    /// The database's clock while it answered, since 1970; nil where our own tables do not exist.
    package let time: Duration?

    package init(
        nodes: [NodeRecord], rejectedRows: [String], isSetUp: Bool, fingerprint: AssignmentFingerprint,
        orders: StandingOrders = StandingOrders(), time: Duration? = nil
    ) {
        self.nodes = nodes
        self.rejectedRows = rejectedRows
        self.isSetUp = isSetUp
        self.fingerprint = fingerprint
        self.orders = orders
        self.time = time
    }
}
