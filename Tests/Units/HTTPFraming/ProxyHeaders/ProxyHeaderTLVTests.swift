import HTTPFraming
import Testing

/// What stands behind the addresses of a header of version 2 (proxy-protocol.txt §2.2).
@Suite("PROXY protocol TLVs")
struct ProxyHeaderTLVTests {
    private typealias Headers = ProxyHeaderSnifferTests
    private static let ipv4 = ProxiedClient.ipv4(octets: 0xCB00_7107, port: 49153)

    private static func tlv(_ type: UInt8, _ value: [UInt8]) -> [UInt8] { Headers.tlv(type, value) }

    /// `PP2_TYPE_SSL` with that byte of flags, as HAProxy's `send-proxy-v2-ssl-cn` and others write it.
    private static func tls(_ flags: UInt8, _ inner: [UInt8] = tlv(0x21, Array("TLSv1.3".utf8))) -> [UInt8] {
        tlv(0x20, [flags, 0, 0, 0, 0] + inner)
    }

    private static func joined(_ tlvs: [[UInt8]]) -> [UInt8] { Array(tlvs.joined()) }

    /// The families, with their addresses, and whom a header of theirs names.
    private static let families: [(UInt8, [UInt8], ProxiedClient)] = [
        (0x11, Headers.ipv4Block, ipv4), (0x21, Headers.ipv6Block, Headers.v6), (0x00, [], .unnamed),
        (0x31, [UInt8](repeating: 1, count: 216), .unnamed),
    ]

    struct Good: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let block: [UInt8]
        let transport: ClientTransport

        init(_ name: String, _ block: [UInt8], _ transport: ClientTransport) {
            (testDescription, self.block, self.transport) = (name, block, transport)
        }
    }

    static let good: [Good] = [
        Good("none", [], .plain), Good("TLS", tls(1), .tls), Good("TLS with certificates", tls(7), .tls),
        Good("a certificate without TLS", tls(6), .plain), Good("no flag", tls(0), .plain),
        Good("TLS and nothing of it", tls(1, []), .tls),
        Good(
            "TLS behind others",
            joined([
                tlv(1, Array("h2".utf8)), tlv(2, Array("kuma.test".utf8)), tlv(3, [1, 2, 3, 4]), tlv(4, []), tls(1),
                tlv(5, [9]),
            ]), .tls),
        Good("a type of a vendor's", tlv(0xEA, [1] + Array("vpce-08d2bf15fac5001c9".utf8)), .plain),
        Good("TLS in a type that is not its own", tlv(0x21, [1, 0, 0, 0, 0]), .plain),
        Good("a checksum", tlv(3, [0, 0, 0, 0]), .plain), Good("the longest id", Headers.tlv(5, 128), .plain),
        Good("no id", tlv(5, []), .plain), Good("a network namespace", tlv(0x30, Array("blue".utf8)), .plain),
        Good(
            "all that TLS can tell",
            tls(
                7,
                joined([
                    tlv(0x21, Array("TLSv1.3".utf8)), tlv(0x22, Array("client.test".utf8)),
                    tlv(0x23, Array("AES".utf8)), tlv(0x24, []), tlv(0x25, Array("RSA2048".utf8)),
                    Headers.tlv(0x28, 2_000),
                ])), .tls),
    ]

    @Test("lengths that fit are taken, of every family, and tell whether the client came with TLS", arguments: good)
    func taken(one: Good) {
        for (family, addresses, client) in Self.families {
            let header = Headers.binary(0x21, family, addresses + one.block)
            for count in 0..<header.count where count < 300 || count > header.count - 30 {
                #expect(Headers.sniff(Array(header[..<count])) == .needMore)
            }
            let expected = ProxyHeaderSniffer.Outcome.complete(client, one.transport, count: header.count)
            #expect(Headers.sniff(header) == expected)
            #expect(Headers.sniff(header + Array("GET / HTTP/1.1".utf8)) == expected)
        }
        // What the proxy says for itself it does not say of a client.
        let local = Headers.binary(0x20, 0x11, Headers.ipv4Block + one.block)
        #expect(Headers.sniff(local) == .complete(.proxyItself, .plain, count: local.count))
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let block: [UInt8]

        init(_ name: String, _ block: [UInt8]) { (testDescription, self.block) = (name, block) }
    }

    static let bad: [Bad] = [
        Bad("a type alone", [4]), Bad("half a length", [4, 0]), Bad("a byte too few", [4, 0, 2, 1]),
        Bad("a byte too many", [4, 0, 1, 1, 9]), Bad("far too long", [4, 0xFF, 0xFF, 1]),
        Bad("the second is cut short", tlv(4, [1, 2]) + [1, 0, 3, 0x68, 0x32]),
        Bad("a checksum of three bytes", tlv(3, [1, 2, 3])), Bad("of five", tlv(3, [1, 2, 3, 4, 5])),
        Bad("an empty checksum", tlv(3, [])), Bad("an id of 129 bytes", Headers.tlv(5, 129)),
        Bad("TLS without its flags", tlv(0x20, [])), Bad("TLS cut short", tlv(0x20, [1, 0, 0, 0])),
        Bad("within TLS a type alone", tls(1, [0x21])), Bad("within TLS half a length", tls(1, [0x21, 0])),
        Bad("within TLS a byte too few", tls(1, [0x21, 0, 7] + Array("TLSv1.".utf8))),
        Bad("within TLS beyond it, where there is more", tls(1, [0x21, 0, 4, 1]) + tlv(4, [1, 2, 3])),
        Bad("within TLS a byte too many", tls(1, tlv(0x21, [1]) + [7])), Bad("behind TLS a byte", tls(1) + [0]),
    ]

    @Test("lengths that do not fit make the header malformed, of every family but LOCAL's", arguments: bad)
    func refused(one: Bad) {
        for (family, addresses, _) in Self.families {
            let header = Headers.binary(0x21, family, addresses + one.block)
            for count in 0..<header.count { #expect(Headers.sniff(Array(header[..<count])) == .needMore) }
            #expect(Headers.sniff(header) == .malformed(.badTLVLength))
        }
        let local = Headers.binary(0x20, 0x11, Headers.ipv4Block + one.block)
        #expect(Headers.sniff(local) == .complete(.proxyItself, .plain, count: local.count))
    }
}
