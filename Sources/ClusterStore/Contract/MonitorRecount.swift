package import ClusterCore

package struct MonitorRecount: Sendable, Equatable {
    package let node: NodeID
    package let before: Int
    package let after: Int

    package init(node: NodeID, before: Int, after: Int) {
        self.node = node
        self.before = before
        self.after = after
    }
}
