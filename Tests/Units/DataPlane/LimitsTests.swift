import ClusterCore
import DataPlane
import Foundation
import Logging
import Synchronization
import Testing
import Waiting

@Suite("Limits, bad input and listening")
struct LimitsTests {
    @Test("An empty line behind a request begins no other: the connection waits as long as between requests")
    func strayLine() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) {
            $0.headTimeout = .milliseconds(100)
        }
        let client = try balancer.connect()
        try client.send("POST /a HTTP/1.1\r\nHost: kuma.test\r\nContent-Length: 3\r\n\r\nabc\r\n")
        #expect(try client.readResponse().status == 200)
        #expect(!client.isReadable(withinMilliseconds: 300), "no 408 into the silence")
        #expect(try client.get("/b").status == 200)
        try client.send("\r\nGET")
        #expect(try client.readResponse().status == 408)
    }

    @Test("A head that is not whole in time is a 408; so is one whose bytes trickle in")
    func headTimeout() throws {
        let balancer = try Balancer([]) { $0.headTimeout = .milliseconds(300) }
        let client = try balancer.connect()
        try client.send("GET / HTTP/1.1\r\nHo")
        #expect(try client.readResponse().status == 408)
        #expect(try client.receiveToEnd().bytes.isEmpty)
        let slow = try balancer.connect()
        // A byte every 20 ms would keep a limit on silence away for ever; this one is on the whole head.
        for byte in Array("GET / HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 0x61, count: 400) {
            try slow.send([byte])
            if slow.isReadable(withinMilliseconds: 20) { break }
        }
        #expect(try slow.readResponse().status == 408)
        #expect(balancer.sum { $0.rejected.load(ordering: .acquiring) } == 2)
        try balancer.expectBalanced()
    }

    @Test("A client that says nothing is closed without a word")
    func silence() throws {
        let balancer = try Balancer([]) { $0.idleTimeout = .milliseconds(150) }
        let client = try balancer.connect()
        #expect(try client.receiveToEnd().bytes.isEmpty)
        try balancer.expectBalanced()
    }

    @Test("What is not HTTP is closed without a word, and counted")
    func notHTTP() throws {
        let balancer = try Balancer([])
        let client = try balancer.connect()
        try client.send(
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + [UInt8](repeating: 7, count: 64))
        #expect(try client.receiveToEnd().bytes.isEmpty)
        #expect(balancer.sum { $0.notHTTP.load(ordering: .acquiring) } == 1)
        try balancer.expectBalanced()
    }

    @Test(
        "Another protocol's greeting is closed as soon as it is no request line, without a word, and counted",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "220 mail.example.com ESMTP Postfix\r\n", "EHLO mail\r\n",
            "220 mail.example.com ESMTP", "* OK IMAP4rev1 ready\r\n", "*1\r\n$4\r\nPING\r\n", "JRMI\u{0}\u{2}K",
        ])
    func greetings(_ greeting: String) throws {
        let balancer = try Balancer([], reactors: 1)
        for isPiecewise in [false, true] {
            let client = try balancer.connect()
            if isPiecewise {
                // The last byte meets a connection that is gone, at the latest.
                for byte in greeting.utf8 { try? client.send([byte]) }
            } else {
                try client.send(greeting)
            }
            #expect(try client.receiveToEnd().bytes.isEmpty)
        }
        #expect(balancer.sum { $0.notHTTP.load(ordering: .acquiring) } == 2)
        #expect(balancer.sum { $0.rejected.load(ordering: .acquiring) } == 0)
        try balancer.expectBalanced()
    }

    @Test("A line of HTTP's that is none is answered at once, not after the head's deadline")
    func badLineAtOnce() throws {
        let balancer = try Balancer([], reactors: 1)
        for start in ["GET /\r\n", "POST / HTTP/x", "G@"] {
            #expect(try balancer.connect().exchange(start).status == 400)
        }
        #expect(balancer.sum { $0.rejected.load(ordering: .acquiring) } == 3)
    }

    /// Heads that are refused; named, so that a report stays readable.
    enum BadHead: String, CaseIterable {
        case noHost, twoHosts, lengthAndChunked, large, longLine, trace

        var request: String {
            switch self {
            case .noHost: "GET / HTTP/1.1\r\n\r\n"
            case .twoHosts: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
            case .lengthAndChunked:
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            case .large: "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n"
            case .longLine: "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: a\r\n\r\n"
            case .trace: "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"
            }
        }

        var status: Int {
            switch self {
            case .noHost, .twoHosts, .lengthAndChunked: 400
            case .large: 431
            case .longLine: 414
            case .trace: 405
            }
        }
    }

    @Test("A bad head is answered with its status and closed", arguments: BadHead.allCases)
    func badHeads(head: BadHead) throws {
        let origin = try Origin.named("never asked")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let response = try client.exchange(head.request)
        #expect(response.status == head.status)
        #expect(response["Connection"] == ["close"])
        #expect(try client.receiveToEnd().bytes.isEmpty)
        #expect(origin.acceptedConnections == 0)
    }

    @Test("A chunked body that breaks its framing never reaches the node as a whole one")
    func badChunks() throws {
        let origin = try Origin.http { $0.text }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let response = try client.exchange(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")
        #expect(response.status == 400)
        let split = try balancer.connect()
        try split.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        try blockUntil("the node has the first chunk") { origin.openConnections == 1 }
        try split.send("zz\r\n")
        #expect(try split.readResponse().status == 400)
        #expect(origin.requests.isEmpty)
        split.close()
        try balancer.expectBalanced()
    }

    @Test("A new connection beyond the most there may be gets a 503; a place that is given back can be taken")
    func maxConnections() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) { $0.maxConnections = 2 }
        let first = try balancer.connect()
        let second = try balancer.connect()
        #expect(try first.get("/").text == "one")
        #expect(try second.get("/").text == "one")
        let third = try balancer.connect()
        let response = try third.get("/")
        #expect(response.status == 503)
        #expect(response["Retry-After"] == ["2"])
        #expect(balancer.sum { $0.turnedAway.load(ordering: .acquiring) } == 1)
        first.close()
        try blockUntil("a place is free") { balancer.openConnections == 1 }
        #expect(try balancer.connect().get("/").text == "one")
    }

    @Test("An address that is taken is named with the reason, and nothing keeps listening")
    func addressInUse() throws {
        let holder = try Origin.named("holder")
        let wanted = SocketAddress.ipv4(octets: 0x7F00_0001, port: holder.port)
        let plane = DataPlane(
            configuration: DataPlaneConfiguration(
                listen: [.ipv4(octets: 0x7F00_0001, port: 0), wanted], reactors: 2, controlSocketPath: "/x"),
            publisher: RoutingTablePublisher(), serving: ServingState(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let error = try #require(throws: DataPlaneError.self) { try plane.start() }
        #expect("\(error)" == "cannot listen on 127.0.0.1:\(holder.port): Address already in use")
        #expect(plane.boundAddresses.isEmpty)
    }

    @Test("IPv4 and IPv6 addresses can be served at once")
    func twoFamilies() throws {
        let plane = DataPlane(
            configuration: DataPlaneConfiguration(
                listen: [.ipv4(octets: 0x7F00_0001, port: 0), .ipv6(high: 0, low: 1, port: 0, scope: 0)], reactors: 2,
                controlSocketPath: "/x"),
            publisher: RoutingTablePublisher(), serving: ServingState(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try plane.start()
        defer { plane.stop() }
        #expect(plane.boundAddresses.count == 2)
        #expect(plane.boundAddresses.allSatisfy { $0.port != 0 })
        #expect(try TestSocket.connect(port: plane.boundAddresses[0].port).get("/").status == 503)
    }

    @Test("Of those that are turned away only so many are told; the rest are closed, and hold nothing")
    func turnedAwayFlood() throws {
        let balancer = try Balancer([], reactors: 1) { $0.maxConnections = 1 }
        let admitted = try balancer.connect()
        try blockUntil("it is admitted") { balancer.openConnections == 1 }
        let flood = try (0..<200).map { _ in try balancer.connect() }
        try blockUntil("all are turned away") {
            balancer.sum { $0.turnedAway.load(ordering: .acquiring) } == flood.count
        }
        let answers = try flood.filter { try !$0.receiveToEnd().bytes.isEmpty }
        #expect(answers.count >= 64)
        #expect(answers.count < flood.count)
        admitted.close()
        for client in flood { client.close() }
        try balancer.expectBalanced()
    }

    @Test("A body that does not come in time is the client's fault: 408, and no failure of the node's")
    func bodyTimeout() throws {
        let origin = try Origin { socket, _ in _ = try socket.receiveToEnd() }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) { $0.exchangeIdle = .milliseconds(200) }
        let client = try balancer.connect()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nten bytes.")
        #expect(try client.readResponse().status == 408)
        #expect(balancer.sum { $0.failed.load(ordering: .acquiring) } == 0)
    }
}
