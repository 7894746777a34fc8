import ClusterCore
import ControlAPI
import Testing

@Suite("Whose address a request has")
struct ClientAddressTests {
    /// A terminator on this machine, and one in front of it.
    private static func behindProxies() throws -> APIFixture {
        var fixture = APIFixture()
        fixture.configuration.adminAllowed = AddressRange.loopback
        fixture.configuration.trustedProxies = [
            try AddressRange(parsing: "127.0.0.1"), try AddressRange(parsing: "10.0.0.0/24"),
        ]
        return fixture
    }

    @Test(
        "a trusted proxy's own address, loopback behind it, and what it cannot have meant make nobody an administrator",
        arguments: [
            "127.0.0.1", "10.0.0.2", "127.0.0.1, 127.0.0.1", "10.0.0.2, 127.0.0.1", "127.0.0.2, 10.0.0.2",
            "::1, 10.0.0.2",
            "127.0.0.2, 203.0.113.5, 127.0.0.1", "unknown, 127.0.0.1", ", 127.0.0.1", "", "127.0.0.2, 203.0.113.5",
            "127.0.0.2:5, 10.0.0.2", "[::1]:5, 10.0.0.2", "[::ffff:127.0.0.1]:5, 10.0.0.2", "10.0.0.3:5, 10.0.0.2:6",
        ])
    func nobody(stamped: String) async throws {
        var fixture = try Self.behindProxies()
        fixture.client = stamped
        #expect(try await fixture.post("/lb/trigger-health-check").status == 403)
        #expect(fixture.control.current.probeRounds == 0)
    }

    @Test(
        "the client of a trusted proxy is the one before it, whatever stands in front of that",
        arguments: [
            ("198.51.100.9, 127.0.0.1", 200), ("203.0.113.5, 198.51.100.9, 10.0.0.2,127.0.0.1", 200),
            ("198.51.100.9", 200), ("198.51.100.9, 203.0.113.5, 127.0.0.1", 403), ("203.0.113.5, 127.0.0.1", 403),
            ("127.0.0.1", 403), ("198.51.100.9:51234, 127.0.0.1", 200),
            ("203.0.113.5, 198.51.100.9:1, 10.0.0.2:51234, 127.0.0.1", 200),
            (" 203.0.113.5:9 ,\t198.51.100.9:65535\t, [::ffff:10.0.0.2]:51234 ,127.0.0.1", 200),
            ("[::ffff:198.51.100.9]:51234, 127.0.0.1", 200), ("[2001:db8::7], 127.0.0.1", 200),
            ("[2001:db8::7]:51234, 127.0.0.1", 200), ("2001:db8::7, 127.0.0.1", 200),
            ("[2001:db9::7]:1, 127.0.0.1", 403), ("203.0.113.5:51234, 127.0.0.1", 403),
            ("198.51.100.9:99999999, 127.0.0.1", 403), ("198.51.100.9:, 127.0.0.1", 403),
            ("x198.51.100.9:80, 127.0.0.1", 403), ("198.51.100 .9, 127.0.0.1", 403),
            ("[198.51.100.9]:80, 127.0.0.1", 403), ("198.51.100.9, x10.0.0.2:1, 127.0.0.1", 403),
            ("198.51.100.9, 203.0.113.5:1, 127.0.0.1", 403),
        ])
    func named(stamped: String, status: Int) async throws {
        var fixture = try Self.behindProxies()
        fixture.configuration.adminAllowed = []
        let allowed = [try AddressRange(parsing: "198.51.100.0/24"), try AddressRange(parsing: "2001:db8::/32")]
        fixture.configuration.readingAllowed = allowed
        fixture.client = stamped
        #expect(try await fixture.get("/lb/health").status == status)
        fixture.configuration.readingAllowed = nil
        fixture.configuration.adminAllowed = allowed
        #expect(try await fixture.post("/lb/trigger-health-check").status == status)
    }

    @Test("without trusted proxies a list names nobody")
    func list() async throws {
        var fixture = APIFixture()
        fixture.configuration.adminAllowed = AddressRange.loopback
        fixture.client = "127.0.0.1, 127.0.0.1"
        #expect(try await fixture.post("/lb/trigger-health-check").status == 403)
    }
}
