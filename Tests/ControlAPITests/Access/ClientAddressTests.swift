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
            ("127.0.0.1", 403),
        ])
    func named(stamped: String, status: Int) async throws {
        var fixture = try Self.behindProxies()
        fixture.configuration.adminAllowed = []
        fixture.configuration.readingAllowed = [try AddressRange(parsing: "198.51.100.0/24")]
        fixture.client = stamped
        #expect(try await fixture.get("/lb/health").status == status)
    }

    @Test("without trusted proxies a list names nobody")
    func list() async throws {
        var fixture = APIFixture()
        fixture.configuration.adminAllowed = AddressRange.loopback
        fixture.client = "127.0.0.1, 127.0.0.1"
        #expect(try await fixture.post("/lb/trigger-health-check").status == 403)
    }
}
