import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Many clients at once")
struct ConcurrencyTests {
    @Test("Every client gets its own answers while tables change and nodes come and go")
    func manyClients() throws {
        let origins = try (0..<3).map { _ in try Origin.http { "\($0.target) \($0.text)" } }
        let nodes = origins.enumerated().map { Balancer.Node(id: "node\($0 + 1)", port: $1.port) }
        let balancer = try Balancer(nodes, connectionWeight: 1)
        let failures = Mutex<[String]>([])
        let running = Counter()
        let clients = 16
        for number in 0..<clients {
            Thread.detachNewThread {
                do {
                    let client = try balancer.connect()
                    for round in 0..<60 {
                        let body = String(repeating: "b", count: (number * 131 + round * 977) % 5_000)
                        let pin = round % 7 == 0 ? "Cookie: KUMA_FIXED_NODE=node\(round % 3 + 1)\r\n" : ""
                        let response = try client.exchange(
                            "PUT /\(number)/\(round) HTTP/1.1\r\nHost: a\r\n\(pin)"
                                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                        guard response.text == "/\(number)/\(round) \(body)" else {
                            failures.withLock { $0.append("client \(number) got a wrong answer in round \(round)") }
                            break
                        }
                    }
                } catch {
                    failures.withLock { $0.append("client \(number): \(error)") }
                }
                running.add(1)
            }
        }
        var tables = 0
        try blockUntil("all clients are done", within: .seconds(60)) {
            // Draining a node moves nobody's exchange; loads and admin states change under the requests.
            var changed = nodes
            changed[tables % 3].adminState = .known(.drain)
            changed[(tables + 1) % 3].monitors = tables % 50
            try balancer.publish(changed)
            tables += 1
            return running.value == clients
        }
        #expect(failures.withLock { $0 } == [])
        #expect(balancer.sum { $0.requests.load(ordering: .acquiring) } == clients * 60)
        try balancer.expectBalanced()
        balancer.plane.stop()
        try blockUntil("no upstream connection is left") { origins.allSatisfy { $0.openConnections == 0 } }
    }
}
