import ClusterCore
import Testing

@Suite("Addresses as text")
struct AddressTextTests {
    @Test(
        "an address is written as RFC 5952 wants it",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("192.0.2.255", "192.0.2.255"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"),
            ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::ffff:10.1.2.3", "10.1.2.3"), ("fe80::a:0", "fe80::a:0"),
        ])
    func written(text: String, expected: String) throws {
        let address = try #require(IPAddress(parsing: text))
        #expect(address.text == expected)
        #expect(IPAddress(parsing: address.text) == address)
    }

    @Test("a socket address names its port, and IPv6 its brackets")
    func socketAddress() throws {
        let four = SocketAddress(try #require(IPAddress(parsing: "10.0.0.1")), port: 8084)
        #expect("\(four)" == "10.0.0.1:8084")
        #expect(four == .ipv4(octets: 0x0A00_0001, port: 8084))
        let six = SocketAddress(try #require(IPAddress(parsing: "2001:db8::1")), port: 1)
        #expect("\(six)" == "[2001:db8::1]:1")
        #expect(six.ip == IPAddress(parsing: "2001:db8::1"))
    }
}
