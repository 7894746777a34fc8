import ClusterCore
import ControlAPI
import HTTPTestClient
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@Suite("The API on an address of its own")
struct AdminListenerTests {
    /// Runs it on loopback until `body` returns, and to its graceful end.
    private func withListener(
        _ fixture: APIFixture, _ body: @escaping @Sendable (UInt16) async throws -> Void
    ) async throws {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let listener = AdminListener(
            serving: fixture.api, host: "127.0.0.1", port: 0, logger: Logger(label: "test"),
            endLimit: .milliseconds(100), onListening: { bound.yield($0) })
        let group = ServiceGroup(services: [listener], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await body(UInt16(clamping: port))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            #expect(throws: HTTPClientError.self) { try HTTPConnection(port: UInt16(clamping: port)) }
        }
    }

    @Test("answers as elsewhere, and nothing but the API", .timeLimit(.minutes(1)))
    func serves() async throws {
        try await withListener(APIFixture()) { port in
            let connection = try HTTPConnection(port: port)
            let ping = try connection.request("GET", "/lb/ping")
            #expect(ping.status == 200 && ping.field("X-Balancer") == "lb-test-1")
            #expect(try connection.request("GET", "/").status == 404)
            #expect(try connection.request("GET", "/socket.io/?EIO=4").status == 404)
            #expect(try connection.request("GET", "/%6cb/ping").status == 404)
            #expect(try connection.request("DELETE", "/lb/ping").status == 405)
        }
    }

    @Test("whoever connects is the client, whatever the request claims", .timeLimit(.minutes(1)))
    func peer() async throws {
        let strange = [("X-Forwarded-For", "192.0.2.7")]
        var fixture = APIFixture()
        fixture.configuration.readingAllowed = [try AddressRange(parsing: "192.0.2.0/24")]
        fixture.configuration.adminAllowed = fixture.configuration.readingAllowed ?? []
        try await withListener(fixture) { port in
            let connection = try HTTPConnection(port: port)
            #expect(try connection.request("GET", "/lb/health", fields: strange).status == 403)
            #expect(try connection.request("POST", "/lb/resume", fields: strange).status == 403)
        }
        fixture.configuration.readingAllowed = nil
        fixture.configuration.adminAllowed = AddressRange.loopback
        try await withListener(fixture) { port in
            let connection = try HTTPConnection(port: port)
            #expect(try connection.request("GET", "/lb/health", fields: strange).status == 200)
            #expect(try connection.request("POST", "/lb/resume", fields: strange).status == 200)
        }
        #expect(fixture.control.current.asked == ["resume by 127.0.0.1"])
    }

    @Test("Host is what the request says, whatever it claims of a proxy", .timeLimit(.minutes(1)))
    func host() async throws {
        try await withListener(APIFixture()) { port in
            let connection = try HTTPConnection(port: port)
            for (claim, status) in [("kuma.example", 403), ("evil.example", 403)] {
                let fields = [("Origin", "http://kuma.example"), ("X-Forwarded-Host", claim)]
                #expect(try connection.request("POST", "/lb/clear-fixed-node", fields: fields).status == status)
            }
            let own = [("Origin", "http://127.0.0.1:\(port)"), ("Host", "127.0.0.1:\(port)")]
            #expect(try connection.request("POST", "/lb/clear-fixed-node", fields: own).status == 200)
        }
    }

    @Test("a follower that does not leave does not hold up the end", .timeLimit(.minutes(1)))
    func end() async throws {
        let follower = Mutex<HTTPConnection?>(nil)
        try await withListener(APIFixture()) { port in
            try follower.withLock { slot in
                let connection = try HTTPConnection(port: port)
                try connection.sendRequest("GET", "/lb/events", fields: [("Accept", "text/event-stream")])
                _ = try connection.read("HTTP/1.1 200".utf8.count)
                slot = connection
            }
        }
    }
}
