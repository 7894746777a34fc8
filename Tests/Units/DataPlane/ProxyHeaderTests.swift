import ClusterCore
import Logging
import Synchronization
import Testing

@testable import DataPlane

/// What a header of version 2 says beside the address, how long it may be, and what is said of one that is refused.
@Suite("PROXY protocol: TLS, long headers, refused ones")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    private static let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    private static func tlv(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(value.count >> 8), UInt8(value.count & 255)] + value
    }

    /// A header for 203.0.113.8, or another address, with TLVs behind it.
    private static func header(
        _ tlvs: [UInt8], command: UInt8 = 0x21, from client: [UInt8] = [203, 0, 113, 8]
    ) -> [UInt8] {
        let block = client + [10, 0, 0, 1, 0xC0, 1, 0x1F, 0x94] + tlvs
        return signature + [command, 0x11, UInt8(block.count >> 8), UInt8(block.count & 255)] + block
    }

    private static let overTLS = tlv(0x20, [1, 0, 0, 0, 0] + tlv(0x21, Array("TLSv1.3".utf8)))

    /// A node that answers with the client's address and scheme.
    private static func origin() throws -> Origin {
        try Origin.http { request in
            (request["X-Forwarded-For"] + request["X-Forwarded-Proto"]).joined(separator: "|")
        }
    }

    private static func accepting(_ origin: Origin, reactors: Int = 2) throws -> Balancer {
        try Balancer(
            [.init(id: "node1", port: origin.port)], reactors: reactors, trustedProxies: AddressRange.loopback,
            proxyProtocol: .accept)
    }

    @Test("TLS that a TLV tells of is the scheme of each request on the connection, whatever the request claims")
    func tls() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        let cases: [([UInt8], String)] = [
            (Self.header(Self.overTLS), "203.0.113.8|https"),
            (Self.header(Self.tlv(1, Array("h2".utf8)) + Self.overTLS), "203.0.113.8|https"),
            (Self.header(Self.tlv(0x20, [6, 0, 0, 0, 0])), "203.0.113.8|http"), (Self.header([]), "203.0.113.8|http"),
            (Self.header(Self.overTLS, command: 0x20), "127.0.0.1|http"),
            (Self.header(Self.overTLS, from: [127, 0, 0, 1]), "0.0.0.0|https"),
        ]
        for (header, seen) in cases {
            let proxy = try balancer.connect()
            try proxy.send(header + Self.request)
            #expect(try proxy.readResponse().text == seen)
            #expect(try proxy.get("/").text == seen)
            proxy.close()
        }
        let proxy = try balancer.connect()
        try proxy.send(Self.header(Self.overTLS))
        #expect(try proxy.get("/", "X-Forwarded-Proto: http", "X-Forwarded-Ssl: off").text == "203.0.113.8|https")
        // The next connection in the same slot is nobody's but its own.
        proxy.close()
        try balancer.expectBalanced()
        #expect(try balancer.connect().get("/").text == "127.0.0.1|http")
    }

    @Test("A header of 4096 bytes is taken, in one piece and in many, with the request behind it")
    func longest() throws {
        let origin = try Self.origin()
        let balancer = try Self.accepting(origin)
        let header = Self.header(Self.overTLS + Self.tlv(0xE0, [UInt8](repeating: 7, count: 4_047)))
        #expect(header.count == 4_096)
        for piece in [header.count, 4_000, 1_000, 517] {
            let proxy = try balancer.connect()
            var rest = header[...]
            while !rest.isEmpty {
                try proxy.send(Array(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
                #expect(!proxy.isReadable(withinMilliseconds: 1))
            }
            try proxy.send(Self.request + Self.request)
            #expect(try proxy.readResponse().text == "203.0.113.8|https", "in pieces of \(piece)")
            #expect(try proxy.readResponse().text == "203.0.113.8|https", "in pieces of \(piece)")
            proxy.close()
        }
        try balancer.expectBalanced()
    }

    @Test("A header that is refused is closed at once, and the log says whose and why, once in a while")
    func refusals() throws {
        let origin = try Self.origin()
        let cases: [([UInt8], String, String)] = [
            (Self.header(Self.tlv(0xE0, [UInt8](repeating: 7, count: 4_066))), "header_too_long", "4097"),
            (Self.header([4, 0, 2, 1]), "bad_tlv_length", "32"),
            (Self.header(Self.tlv(0x20, [1])), "bad_tlv_length", "32"),
            (Self.header([], command: 0x31), "unknown_version", "28"),
            (Array("PROXY TCP4 203.0.113.7 nonsense\r\n".utf8), "bad_line", "33"),
        ]
        for (header, reason, bytes) in cases {
            let balancer = try Self.accepting(origin, reactors: 1)
            for _ in 0..<5 {
                let proxy = try balancer.connect()
                try proxy.send(header)
                #expect(try proxy.receiveToEnd().bytes.isEmpty)
            }
            #expect(balancer.log.warnings.count == 1)
            let line = try #require(balancer.log.warnings.first)
            #expect(line.text == "closed a trusted proxy's connection: its PROXY protocol header is malformed")
            #expect(line.metadata["reason"] == reason)
            #expect(line.metadata["header_bytes"] == bytes)
            #expect(line.metadata["peer"]?.hasPrefix("127.0.0.1:") == true)
            #expect(balancer.sum { $0.notHTTP.load(ordering: .acquiring) } == 5)
        }
        #expect(origin.acceptedConnections == 0)
    }

    @Test("A header that nobody asked for is closed, and the log says why")
    func unwanted() throws {
        let origin = try Self.origin()
        let line = Array("PROXY TCP4 203.0.113.7 10.0.0.1 49153 8084\r\n".utf8)
        let nodes = [Balancer.Node(id: "node1", port: origin.port)]
        let cases: [(Balancer, [UInt8], String)] = [
            (try Balancer(nodes, proxyProtocol: .accept), line, "LB_TRUSTED_PROXIES"),
            (try Balancer(nodes, proxyProtocol: .accept), Self.header([]), "LB_TRUSTED_PROXIES"),
            (try Balancer(nodes, trustedProxies: AddressRange.loopback), Self.header([]), "LB_PROXY_PROTOCOL is off"),
            (try Self.accepting(origin), Self.header([]) + line, "a second header"),
            (try Self.accepting(origin), line + Self.header([]), "a second header"),
        ]
        for (balancer, bytes, reason) in cases {
            let proxy = try balancer.connect()
            try proxy.send(bytes + Self.request)
            #expect(try proxy.receiveToEnd().bytes.isEmpty)
            let notices = balancer.log.entries.filter { $0.level == .notice }
            #expect(notices.count == 1 && balancer.log.warnings.isEmpty)
            #expect(notices.first?.metadata["reason"]?.contains(reason) == true)
        }
    }

    @Test("Of many faults a line in ten seconds is written, and the next says how many it stands for")
    func pace() {
        var pace = LogPace()
        let second: UInt64 = 1_000_000_000
        #expect(pace.next(now: second) == 0)
        for _ in 0..<1_000 { #expect(pace.next(now: 2 * second) == nil) }
        #expect(pace.next(now: 11 * second - 1) == nil)
        #expect(pace.next(now: 11 * second) == 1_001)
        #expect(pace.next(now: 12 * second) == nil)
        #expect(pace.next(now: 60 * second) == 1)
        #expect(pace.next(now: 90 * second) == 0)
    }
}
