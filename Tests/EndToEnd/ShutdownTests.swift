import DemoCluster
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test("SIGTERM under load lets the requests in flight finish, and the balancer ends with exit code 0")
    func shutdownUnderLoad() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let port = cluster.balancerPorts[0]
        let clients = 8
        async let replies = withThrowingTaskGroup(of: HTTPReply.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    try await onThread {
                        try HTTPConnection(port: port, timeout: .seconds(30)).request("GET", "/slow?ms=6000")
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // Six seconds to begin them all, and less than the ten that a drain leaves them.
        try await eventually("all requests are in flight") {
            try await cluster.openConnections() >= clients
        }
        let text = try await cluster.act(.stop, "balancer1")
        #expect(text.contains("balancer1 stopped: exit code 0"), "\(text)")
        let finished = try await replies
        #expect(finished.map(\.status) == Array(repeating: 200, count: clients))
        #expect(finished.allSatisfy { $0.text.contains("after 6.0 seconds") })
        await #expect(throws: HTTPClientError.self) { try await cluster.request("GET", "/") }
        try await cluster.act(.start, "balancer1")
        try await eventually("the balancer serves again", within: .seconds(60)) {
            do {
                return try await cluster.request("GET", "/lb/ready").status == 200
            } catch is HTTPClientError {
                return false
            }
        }
        try await cluster.settled()
    }
}

extension ClusterUnderTest {
    /// Connections to nodes, as `/lb/node-status` counts them.
    func openConnections() async throws -> Int {
        struct Shown: Decodable {
            struct Node: Decodable {
                let connections: Int
            }
            let nodes: [Node]
        }
        return try await decoded(Shown.self, "/lb/node-status").nodes.reduce(0) { $0 + $1.connections }
    }
}
