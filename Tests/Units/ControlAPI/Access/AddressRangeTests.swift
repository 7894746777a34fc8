import ClusterCore
import Testing

@Suite("Addresses and blocks of addresses")
struct AddressRangeTests {
    @Test(
        "an address is read exactly",
        arguments: [
            ("192.0.2.1", 0, 0xFFFF_C000_0201), ("::ffff:192.0.2.1", 0, 0xFFFF_C000_0201), ("::", 0, 0), ("::1", 0, 1),
            ("2001:db8::1", 0x2001_0db8_0000_0000, 1),
            ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004, 0x0005_0006_0007_0008),
            ("2001:DB8:0:0:8:800:200C:417A", 0x2001_0db8_0000_0000, 0x0008_0800_200C_417A),
        ] as [(String, UInt64, UInt64)])
    func addresses(text: String, high: UInt64, low: UInt64) {
        #expect(IPAddress(parsing: text) == IPAddress(high: high, low: low))
    }

    @Test(
        "anything else is no address",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4, 5.6.7.8",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "1:2:3:4:5:6:7::8:9", "g::1", "12345::", "::1%eth0",
            "[::1]", "::ffff:1.2.3", "localhost", "+1::",
        ])
    func noAddresses(text: String) {
        #expect(IPAddress(parsing: text) == nil)
    }

    @Test("a block holds its addresses and no others")
    func contains() throws {
        let range = try AddressRange(parsing: "10.32.0.0/11")
        for (text, isInside) in [
            ("10.32.0.0", true), ("10.63.255.255", true), ("10.64.0.0", false), ("10.31.255.255", false),
        ] {
            #expect(range.contains(try #require(IPAddress(parsing: text))) == isInside, "\(text)")
        }
        let wide = try AddressRange(parsing: "2001:db8::/33")
        #expect(wide.contains(try #require(IPAddress(parsing: "2001:db8:7fff::1"))))
        #expect(!wide.contains(try #require(IPAddress(parsing: "2001:db8:8000::1"))))
        #expect(try AddressRange(parsing: "192.0.2.7").contains(try #require(IPAddress(parsing: "::ffff:192.0.2.7"))))
        #expect(!(try AddressRange(parsing: "0.0.0.0/0").contains(try #require(IPAddress(parsing: "2001:db8::1")))))
    }

    @Test(
        "a slip in a block is named",
        arguments: ["10.0.0.7/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10/8", "example.org/8", ""])
    func slips(text: String) {
        #expect(throws: InvalidAddressRange.self) { try AddressRange(parsing: text) }
    }
}
