import HTTPTestClient
import MariaDB
import Testing
import Waiting

extension EndToEnd {
    @Suite(
        "Before Kuma's first-time set-up", .serialized,
        .cluster("--setup-pending", "--nodes", "2", "--monitors", "2"))
    struct SetupPending {
        @Test("Everything goes to the primary node until a user exists; then all nodes are used")
        func primaryOnly() async throws {
            let cluster = try ClusterUnderTest.running
            struct SetupStatus: Decodable {
                let setupComplete: Bool
                let routingMode: String
                let primaryNode: String?
            }
            let pending = try await cluster.decoded(SetupStatus.self, "/lb/setup-status")
            #expect(!pending.setupComplete)
            #expect(pending.routingMode == "primary_only")
            #expect(pending.primaryNode == "node1")
            for _ in 0..<10 {
                let pinned = try await cluster.request("GET", "/", fields: [("Cookie", "KUMA_FIXED_NODE=node2")])
                #expect(ClusterUnderTest.node(naming: pinned) == "node1", "set-up comes before a pin")
            }
            try await cluster.database.execute("INSERT INTO `user` (username) VALUES ('first')")
            try await eventually("a pin counts") {
                let pinned = try await cluster.request("GET", "/", fields: [("Cookie", "KUMA_FIXED_NODE=node2")])
                return ClusterUnderTest.node(naming: pinned) == "node2"
            }
            // Each reactor takes the table for itself, and the API answers from another place.
            try await eventually("the API says so") {
                let complete = try await cluster.decoded(SetupStatus.self, "/lb/setup-status")
                return complete.setupComplete && complete.routingMode == "cluster"
            }
        }
    }
}
