package import ClusterCore
package import ClusterStore

/// What the control API may ask of the control plane: read the latest state, and the few things it can set in motion.
package protocol ClusterControl: Sendable {
    /// The latest state, whole; never waits.
    var state: ClusterState { get }
    /// The latest routing table; never waits.
    var routingTable: RoutingTable { get }
    /// Probes every node now and waits for all answers, each under the probe's own deadline.
    func probeAllNodes() async -> [NodeCheck]
    /// Recounts monitors from the `monitor` table and publishes a routing table with them.
    func updateLoads() async throws(StoreError) -> [MonitorRecount]
    /// Newest first.
    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent]
}

/// One node's answer to `probeAllNodes`.
package struct NodeCheck: Sendable, Equatable {
    package let node: NodeID
    /// Nil when the node has no address to probe.
    package let result: ProbeResult?

    package init(node: NodeID, result: ProbeResult?) {
        self.node = node
        self.result = result
    }
}
