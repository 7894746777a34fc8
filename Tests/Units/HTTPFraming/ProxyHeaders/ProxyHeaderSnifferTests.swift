import HTTPFraming
import RepeatableRandom
import Testing

@Suite("PROXY protocol headers")
struct ProxyHeaderSnifferTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    /// A TLV with that many bytes of value, or with those.
    static func tlv(_ type: UInt8, _ count: Int) -> [UInt8] { tlv(type, [UInt8](repeating: 0x61, count: count)) }

    static func tlv(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(value.count >> 8), UInt8(value.count & 255)] + value
    }

    /// A header of version 2.
    static func binary(_ command: UInt8, _ family: UInt8, _ block: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? block.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + block
    }

    static func sniff(_ bytes: [UInt8]) -> ProxyHeaderSniffer.Outcome {
        bytes.withUnsafeBytes { ProxyHeaderSniffer.sniff($0) }
    }

    private static func sniff(_ line: String) -> ProxyHeaderSniffer.Outcome { sniff(Array(line.utf8)) }

    static let ipv4Block: [UInt8] = [203, 0, 113, 7, 10, 0, 0, 1, 0xC0, 0x01, 0x1F, 0x94]
    static let ipv6Block: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7] + [UInt8](repeating: 9, count: 16)
        + [0xC0, 0x01, 0x1F, 0x94]

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let header: [UInt8]
        let client: ProxiedClient
        let transport: ClientTransport

        init(_ name: String, _ header: [UInt8], _ client: ProxiedClient, _ transport: ClientTransport = .plain) {
            (testDescription, self.header, self.client, self.transport) = (name, header, client, transport)
        }

        init(_ line: String, _ client: ProxiedClient) {
            self.init(line, Array((line + "\r\n").utf8), client)
        }
    }

    static let v6 = ProxiedClient.ipv6(high: 0x2001_0DB8_0000_0000, low: 7, port: 49153)

    static let accepted: [Case] = [
        Case("PROXY TCP4 203.0.113.7 10.0.0.1 49153 8084", .ipv4(octets: 0xCB00_7107, port: 49153)),
        Case("PROXY TCP4 255.255.255.255 255.255.255.255 65535 0", .ipv4(octets: .max, port: 65535)),
        Case("PROXY TCP6 2001:db8::7 ::1 49153 8084", v6),
        Case(
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
            .ipv6(high: .max, low: .max, port: 65535)),
        Case("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2", .ipv6(high: 0, low: 0xFFFF_CB00_7107, port: 1)),
        Case("PROXY UNKNOWN", .unnamed),
        Case("PROXY UNKNOWN whatever stands here 1 2", .unnamed),
        Case("v2 TCP4", binary(0x21, 0x11, ipv4Block), .ipv4(octets: 0xCB00_7107, port: 49153)),
        Case(
            "v2 TCP4 with TLVs", binary(0x21, 0x11, ipv4Block + [4, 0, 2, 1, 1]),
            .ipv4(octets: 0xCB00_7107, port: 49153)),
        Case("v2 TCP6", binary(0x21, 0x21, ipv6Block), v6),
        Case("v2 TCP6 with a long TLV", binary(0x21, 0x21, ipv6Block + tlv(4, 492)), v6),
        Case("v2 TCP6, as long as it may be", binary(0x21, 0x21, ipv6Block + tlv(4, 4_041)), v6),
        Case("v2 LOCAL, as long as it may be", binary(0x20, 0x00, [UInt8](repeating: 7, count: 4_080)), .proxyItself),
        Case("v2 Unix", binary(0x21, 0x31, [UInt8](repeating: 1, count: 216)), .unnamed),
        Case("v2 UNSPEC", binary(0x21, 0x00, []), .unnamed),
        Case("v2 UNSPEC with TLVs", binary(0x21, 0x00, [4, 0, 1, 7]), .unnamed),
        Case("v2 LOCAL", binary(0x20, 0x00, []), .proxyItself),
        Case("v2 LOCAL whose family is to be ignored", binary(0x20, 0xFF, [1, 2, 3]), .proxyItself),
    ]

    @Test("a header is understood at every split, and what follows is not looked at", arguments: accepted)
    func everySplit(one: Case) {
        let whole = ProxyHeaderSniffer.Outcome.complete(one.client, one.transport, count: one.header.count)
        for count in 0..<one.header.count where count < 600 || count % 97 == 0 || count > one.header.count - 40 {
            #expect(Self.sniff(Array(one.header[..<count])) == .needMore, "after \(count) bytes")
        }
        #expect(Self.sniff(one.header) == whole)
        #expect(Self.sniff(one.header + Array("GET / HTTP/1.1\r\n".utf8)) == whole)
        #expect(Self.sniff(one.header + one.header) == whole)
    }

    @Test(
        "a line that begins like a header and is none is malformed",
        arguments: [
            "PROXY \r\n", "PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "PROXY TCP4\r\n", "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
            "PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", "PROXY UNKNOWNX\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
            "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", "PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n",
            "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n",
            "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 1 x\r\n",
            "PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n", "PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n",
            "PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP4 1.1.1.1 ::1 1 2\r\n",
            "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", "PROXY TCP6 ::1%eth0 ::1 1 2\r\n", "PROXY TCP6 1::2::3 ::1 1 2\r\n",
            "PROXY TCP4 1.1.1.1\0 2.2.2.2 1 2\r\n", "PROXY TCP4 1.1.1.1\r2.2.2.2 1 2\r\n",
        ])
    func badLines(line: String) { #expect(Self.sniff(line) == .malformed(.badLine)) }

    @Test("a line is given up at 107 bytes, its end included")
    func longLine() {
        let filler = String(repeating: "x", count: 107 - "PROXY UNKNOWN \r\n".utf8.count)
        #expect(Self.sniff("PROXY UNKNOWN \(filler)\r\n") == .complete(.unnamed, .plain, count: 107))
        #expect(Self.sniff("PROXY UNKNOWN \(filler)x\r") == .malformed(.lineTooLong))
        #expect(Self.sniff("PROXY UNKNOWN \(filler)x") == .needMore)
    }

    @Test("binary headers of unknown version, command or family, or too short or long, are malformed")
    func badBinary() {
        let block = Self.ipv4Block
        for (command, fault) in [
            (0x11, .unknownVersion), (0x31, .unknownVersion), (0x01, .unknownVersion), (0x22, .unknownCommand),
            (0x2F, .unknownCommand),
        ] as [(UInt8, ProxyHeaderFault)] {
            #expect(Self.sniff(Self.binary(command, 0x11, block)) == .malformed(fault))
        }
        for family: UInt8 in [0x01, 0x10, 0x12, 0x13, 0x20, 0x22, 0x30, 0x32, 0x41, 0xFF] {
            let header = Self.binary(0x21, family, [UInt8](repeating: 0, count: 216))
            #expect(Self.sniff(header) == .malformed(.unknownFamily))
        }
        let addresses: [(UInt8, [UInt8])] = [
            (0x11, block), (0x21, Self.ipv6Block), (0x31, [UInt8](repeating: 0, count: 216)),
        ]
        for (family, block) in addresses {
            let header = Self.binary(0x21, family, Array(block.dropLast()))
            #expect(Self.sniff(header) == .malformed(.noRoomForAddresses))
            #expect(Self.sniff(Self.binary(0x21, family, [])) == .malformed(.noRoomForAddresses))
        }
        // Given up as soon as the length is known, not when it has arrived.
        #expect(Self.sniff(Self.binary(0x21, 0x11, block, length: 4_081)) == .malformed(.headerTooLong))
        #expect(Self.sniff(Self.binary(0x20, 0x00, [], length: 65_535)) == .malformed(.headerTooLong))
        #expect(Self.sniff(Self.binary(0x21, 0x11, block, length: 4_080)) == .needMore)
    }

    @Test("anything else is the client's own from its first differing byte on")
    func absent() {
        for text in [
            "GET / HTTP/1.1", "PROPFIND", "PUT", "PROXYx", "POST", "\r\nGET /", "\r\n\r\nG", "\u{16}", " PROXY ",
        ] {
            #expect(Self.sniff(text) == .absent, "\(text.debugDescription)")
        }
        for text in ["", "P", "PRO", "PROXY", "\r\n", "\r\n\r\n"] { #expect(Self.sniff(text) == .needMore) }
    }

    @Test("only a line is recognised where no header is accepted")
    func lines() {
        for (text, isLine) in [
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", true), ("PROXY TCP6 ", true), ("PROXY UNKNOWN\r\n", true),
            ("PROXY / HTTP/1.1\r\n", false), ("PROXY", false), ("GET /PROXY TCP4 ", false),
        ] {
            #expect(Array(text.utf8).withUnsafeBytes { ProxyHeaderSniffer.isLine($0) } == isLine)
            #expect(Array(text.utf8).withUnsafeBytes { ProxyHeaderSniffer.isHeader($0) } == isLine)
        }
        let binary = Self.binary(0x21, 0x11, Self.ipv4Block)
        for count in 0...binary.count {
            #expect(Array(binary[..<count]).withUnsafeBytes { ProxyHeaderSniffer.isHeader($0) } == (count >= 5))
        }
    }

    @Test("a log is told how long a header says that it is")
    func announced() {
        for (bytes, count) in [
            (Self.binary(0x21, 0x11, [], length: 9_015), 9_031), (Self.binary(0x20, 0, []), 16), (Self.signature, 12),
            (Array("PROXY TCP4".utf8), 10), (Array("PROXY TCP4 1.1.1.1 nonsense\r\n".utf8), 29),
        ] {
            #expect(bytes.withUnsafeBytes { ProxyHeaderSniffer.announcedBytes($0) } == count)
        }
    }

    @Test("damaged headers never crash, and what is decided stays decided whatever follows")
    func damage() {
        var random = SeededRandom(seed: SeededRandom.runSeed)
        for _ in 0..<20_000 {
            var bytes = Self.accepted[Int.random(in: 0..<Self.accepted.count, using: &random)].header
            bytes += (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let whole = Self.sniff(bytes)
            var decided: ProxyHeaderSniffer.Outcome?
            for count in random.splits(of: bytes.count) {
                let outcome = Self.sniff(Array(bytes[..<count]))
                if let decided { #expect(outcome == decided) } else if outcome != .needMore { decided = outcome }
                if case .complete(_, _, let header) = outcome {
                    #expect(header <= count && header <= ProxyHeaderSniffer.longestBytes)
                }
            }
            #expect(decided ?? .needMore == whole)
        }
    }
}
