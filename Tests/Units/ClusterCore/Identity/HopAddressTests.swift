import ClusterCore
import RepeatableRandom
import Testing

@Suite("An address as proxies write it")
struct HopAddressTests {
    @Test(
        "alone, with a port, in brackets, with blanks around it",
        arguments: [
            ("203.0.113.7", "203.0.113.7"), ("203.0.113.7:51234", "203.0.113.7"), ("203.0.113.7:0", "203.0.113.7"),
            ("203.0.113.7:65535", "203.0.113.7"), ("203.0.113.7:00080", "203.0.113.7"),
            (" \t203.0.113.7:80\t ", "203.0.113.7"), ("2001:db8::7", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:51234", "2001:db8::7"), (" [2001:DB8::7]:1 ", "2001:db8::7"), ("[::1]", "::1"),
            ("[::ffff:203.0.113.7]:51234", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
            // No port: without brackets nobody could tell.
            ("2001:db8::7:5123", "2001:db8::7:5123"),
        ])
    func read(text: String, address: String) throws {
        #expect(try #require(IPAddress(hop: text)).text == address)
    }

    @Test(
        "anything else is no address",
        arguments: [
            "", " ", ":", ":80", "203.0.113.7:", "203.0.113.7:99999999", "203.0.113.7:65536", "203.0.113.7:123456",
            "203.0.113.7:-1", "203.0.113.7:+80", "203.0.113.7:8 0", "203.0.113.7 :80", "203.0.113.7: 80",
            "203.0.113.7:80:80", "203.0.113.7:http", "203.0.113.7:0x50", "203.0.113.7:８０", "203.0.113.7:_port",
            "x203.0.113.7:80", "203.0.113:80", "203.0.113.07:80", "[203.0.113.7]", "[203.0.113.7]:80", "[]", "[]:80",
            "[", "]", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]:", "[2001:db8::7]80", "[2001:db8::7]:x",
            "[2001:db8::7]:65536", "[2001:db8::7]]:80", "[[2001:db8::7]]", " [ 2001:db8::7]", "[2001:db8::7] :80",
            "x[2001:db8::7]", "[2001:db8::7%eth0]:80", "[2001:db8::7]x", "2001:db8::7::51234", "unknown", "_hidden",
            "\"[2001:db8::7]:80\"", "for=203.0.113.7", "203.0.113.7,10.0.0.1", "203.0.113.7\n", "203.0.113.7\0:80", "é",
        ])
    func refused(text: String) { #expect(IPAddress(hop: text) == nil) }

    @Test("every address is read back from each of its forms")
    func roundTrip() {
        var random = SeededRandom(seed: 16)
        for _ in 0..<2_000 {
            let isIPv4 = Bool.random(using: &random)
            let low = UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            let high = UInt64.random(in: 0 ... .max, using: &random) << UInt64.random(in: 0...63, using: &random)
            let address =
                isIPv4 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : IPAddress(high: high | 1 << 63, low: low)
            let port = UInt16.random(in: 0 ... .max, using: &random)
            let bare = address.text
            let forms = isIPv4 ? [bare, "\(bare):\(port)"] : [bare, "[\(bare)]", "[\(bare)]:\(port)"]
            for form in forms { #expect(IPAddress(hop: form) == address, "\(form)") }
        }
    }
}
