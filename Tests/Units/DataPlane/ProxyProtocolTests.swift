import ClusterCore
import DataPlane
import Synchronization
import Testing
import Waiting

@Suite("PROXY protocol and limits on one client")
struct ProxyProtocolTests {
    private static let loopback = AddressRange.loopback
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    private static let binary: [UInt8] =
        signature + [0x21, 0x11, 0, 15, 203, 0, 113, 8, 10, 0, 0, 1, 0xC0, 1, 0x1F, 0x94, 4, 0, 0]
    private static let line = Array("PROXY TCP4 203.0.113.7 10.0.0.1 49153 8084\r\n".utf8)
    private static let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    /// A node that answers with the forwarded address.
    private static func origin() throws -> Origin {
        try Origin.http { $0["X-Forwarded-For"].joined(separator: "|") }
    }

    private static func accepting(
        _ origin: Origin, limits: (inout DataPlaneLimits) -> Void = { _ in }
    ) throws -> Balancer {
        try Balancer(
            [.init(id: "node1", port: origin.port)], trustedProxies: loopback, proxyProtocol: .accept, limits: limits)
    }

    @Test("The address in a trusted proxy's header is the client's, on every request of the connection")
    func accepted() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        for (header, client) in [(Self.line, "203.0.113.7"), (Self.binary, "203.0.113.8")] {
            let proxy = try balancer.connect()
            try proxy.send(header + Self.request + Self.request)
            #expect(try proxy.readResponse().text == client)
            #expect(try proxy.readResponse().text == client)
            // The proxy only passes bytes: what the request itself claims is the client's claim.
            #expect(try proxy.get("/", "X-Forwarded-For: 198.51.100.1").text == client)
        }
        let quiet = try balancer.connect()
        try quiet.send(Self.line)
        try blockUntil("the header is read") { !quiet.isReadable(withinMilliseconds: 20) }
        try quiet.send(Self.request)
        #expect(try quiet.readResponse().text == "203.0.113.7")
    }

    @Test(
        "Who is on the proxy's own machine, or is not named, is nobody here: no address, and no word of the request's")
    func nobody() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        let headers = ["PROXY TCP4 127.0.0.1 127.0.0.1 5 80", "PROXY TCP6 ::1 ::1 5 80", "PROXY UNKNOWN"]
        for header in headers {
            let proxy = try balancer.connect()
            try proxy.send(Array("\(header)\r\n".utf8) + Self.request)
            #expect(try proxy.readResponse().text == "0.0.0.0", "\(header)")
            #expect(try proxy.get("/", "X-Forwarded-For: 198.51.100.1").text == "0.0.0.0", "\(header)")
        }
    }

    @Test("A header may come in two pieces, split anywhere, and the request with it", arguments: [line, binary])
    func split(header: [UInt8]) throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        let all = header + Self.request
        for count in 1..<all.count {
            let proxy = try balancer.connect()
            try proxy.send(Array(all[..<count]))
            // Both pieces in one read would still be right; a moment makes that the exception.
            #expect(!proxy.isReadable(withinMilliseconds: 1))
            try proxy.send(Array(all[count...]))
            #expect(try proxy.readResponse().text.hasPrefix("203.0.113."), "split at \(count)")
            proxy.reset()
        }
    }

    @Test("A trusted proxy's own check, without a header or with one that says so, is served")
    func withoutHeader() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        #expect(try balancer.connect().get("/").text == "127.0.0.1")
        let proxy = try balancer.connect()
        try proxy.send(Self.signature + [0x20, 0, 0, 0] + Self.request)
        #expect(try proxy.readResponse().text == "127.0.0.1")
    }

    @Test("A header that is broken is closed without a word, and counted; half a one is a head that came too late")
    func malformed() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin) { $0.headTimeout = .milliseconds(200) }
        let proxy = try balancer.connect()
        try proxy.send("PROXY TCP4 203.0.113.7 nonsense\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try proxy.receiveToEnd().bytes.isEmpty)
        #expect(balancer.sum { $0.notHTTP.load(ordering: .acquiring) } == 1)
        let slow = try balancer.connect()
        try slow.send("PROXY TCP4 203.0.113.7")
        #expect(try slow.readResponse().status == 408)
        #expect(origin.acceptedConnections == 0)
    }

    enum Unwanted: CaseIterable { case notTrusted, notAccepted }

    @Test("From others, or when not asked for, a header is not HTTP: closed and counted", arguments: Unwanted.allCases)
    func refused(unwanted: Unwanted) throws {
        let origin = try Self.origin()
        let balancer =
            switch unwanted {
            case .notTrusted: try Balancer([.init(id: "node1", port: origin.port)], proxyProtocol: .accept)
            case .notAccepted:
                try Balancer([.init(id: "node1", port: origin.port)], trustedProxies: Self.loopback)
            }
        for header in [Self.line, Self.binary] {
            let proxy = try balancer.connect()
            try proxy.send(header + Self.request)
            #expect(try proxy.receiveToEnd().bytes.isEmpty)
        }
        #expect(balancer.sum { $0.notHTTP.load(ordering: .acquiring) } == 2)
        #expect(origin.acceptedConnections == 0)
        try balancer.expectBalanced()
    }

    @Test("A client has as many connections as it may, over all reactors; one that is given back can be taken")
    func limitPerClient() throws {
        let origin = try Self.origin()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 3) {
            $0.maxConnectionsPerClient = 3
        }
        let kept = try (0..<3).map { _ in try balancer.connect() }
        for client in kept { #expect(try client.get("/").status == 200) }
        let refused = try balancer.connect().get("/")
        #expect(refused.status == 503)
        #expect(refused.text.contains("too_many_connections_from_client"))
        #expect(refused["Retry-After"] == ["2"])
        kept[0].close()
        try blockUntil("a place is free") { try balancer.connect().get("/").status == 200 }
        for client in kept { client.close() }
        try balancer.expectBalanced()
    }

    @Test("Behind a trusted proxy the limit is each named client's, and not the proxy's")
    func limitBehindProxy() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin) { $0.maxConnectionsPerClient = 1 }
        let first = try balancer.connect()
        try first.send(Self.line + Self.request)
        #expect(try first.readResponse().status == 200)
        let other = try balancer.connect()
        try other.send(Self.binary + Self.request)
        #expect(try other.readResponse().status == 200)
        let second = try balancer.connect()
        try second.send(Self.line + Self.request)
        #expect(try second.readResponse().status == 503)
        let checks = try (0..<3).map { _ in try balancer.connect() }
        for check in checks { #expect(try check.get("/").status == 200) }
        for socket in [first, other, second] + checks { socket.close() }
        try balancer.expectBalanced()
    }
}
