import ClusterCore
import ControlPlane
import Testing

@Suite("Who is at an address")
struct AddressClaimsTests {
    private static let place = SocketAddress.ipv4(octets: 5, port: 3001)
    private static let elsewhere = SocketAddress.ipv4(octets: 6, port: 3001)

    private func node(
        _ id: String, report age: Duration? = nil, _ health: AgentHealth? = nil, lastSeen: String? = nil,
        host: String = "here:3001"
    ) throws -> NodeRecord {
        NodeRecord(
            id: try NodeID(id), name: id, host: host, agentHealth: health, reportAge: age, lastSeen: lastSeen)
    }

    /// - Parameter gone: hosts that do not resolve now.
    private func claims(_ nodes: [NodeRecord], gone: Set<String> = []) -> AddressClaims {
        let silent = nodes.filter { $0.reportAge.map { $0 > .seconds(8) } ?? true || $0.agentHealth == .detached }
        return AddressClaims(nodes, silent: Set(silent.map(\.id)), overdue: .seconds(4)) { address, claimant in
            guard claimant == .reporting || !gone.contains(address.host) else { return nil }
            return address.host == "there" ? Self.elsewhere : .ipv4(octets: 5, port: address.port)
        }
    }

    private func isForeign(_ verdict: AddressClaims.Verdict) -> Bool {
        switch verdict {
        case .foreign: true
        case .own, .unsure: false
        }
    }

    @Test("an answer at a silent node's address is another node's when that one's agent reports from there")
    func rival() throws {
        let claims = claims([try node("dead", report: .seconds(20)), try node("alive", report: .seconds(1))])
        let dead = try NodeID("dead")
        #expect(
            claims.verdict(on: dead, at: Self.place, .certain)
                == .foreign("what answers at 0.0.0.5:3001 is node alive"))
        #expect(claims.verdict(on: dead, at: Self.elsewhere, .certain) == .own)
        #expect(claims.verdict(on: try NodeID("alive"), at: Self.place, .gone(reason: "x")) == .own)
    }

    @Test("another port is another place")
    func ports() throws {
        let claims = claims([
            try node("dead", report: .seconds(20)), try node("alive", report: .seconds(1), host: "here:3002"),
        ])
        #expect(claims.verdict(on: try NodeID("dead"), at: Self.place, .certain) == .own)
    }

    @Test("of a quiet node whose name is uncertain nothing is said; of one whose name is gone no answer is its own")
    func names() throws {
        let (quiet, fresh) = (try NodeID("quiet"), try NodeID("fresh"))
        let claims = claims([
            try node("quiet", report: .seconds(5)), try node("fresh", report: .seconds(1), host: "there"),
        ])
        #expect(claims.verdict(on: quiet, at: Self.place, .unsure) == .unsure)
        #expect(isForeign(claims.verdict(on: quiet, at: Self.place, .gone(reason: "no such name"))))
        for certainty in [AddressBook.Certainty.certain, .unsure, .gone(reason: "no such name")] {
            #expect(claims.verdict(on: fresh, at: Self.elsewhere, certainty) == .own, "it speaks for itself")
        }
    }

    @Test("of two silent nodes it is the one that spoke last, whatever order they stand in", arguments: [false, true])
    func twoSilent(isReversed: Bool) throws {
        let nodes = [try node("old", report: .seconds(90)), try node("new", report: .seconds(20))]
        let claims = claims(isReversed ? nodes.reversed() : nodes)
        #expect(isForeign(claims.verdict(on: try NodeID("old"), at: Self.place, .certain)))
        #expect(claims.verdict(on: try NodeID("new"), at: Self.place, .certain) == .own)
    }

    @Test("one that went away on purpose a moment ago is not there before one that reports")
    func detached() throws {
        let claims = claims([
            try node("old", report: .milliseconds(100), .detached), try node("new", report: .seconds(2), .healthy),
        ])
        #expect(isForeign(claims.verdict(on: try NodeID("old"), at: Self.place, .certain)))
    }

    @Test("without any agent it is the one whose Kuma started last; where nobody can say, both")
    func agentless() throws {
        let told = claims([
            try node("old", lastSeen: "2026-01-01T10:00:00Z"), try node("new", lastSeen: "2026-01-01T10:00:05Z"),
        ])
        #expect(isForeign(told.verdict(on: try NodeID("old"), at: Self.place, .certain)))
        #expect(told.verdict(on: try NodeID("new"), at: Self.place, .certain) == .own)
        let untold = claims([try node("a"), try node("b")])
        for id in ["a", "b"] { #expect(untold.verdict(on: try NodeID(id), at: Self.place, .certain) == .own) }
        let three = claims([try node("a"), try node("b"), try node("c", report: .seconds(1))])
        #expect(isForeign(three.verdict(on: try NodeID("a"), at: Self.place, .certain)))
    }

    @Test("a silent node claims nothing by a name that does not resolve, and a reporting one does")
    func staleClaims() throws {
        let leftBehind = claims(
            [try node("gone", report: .seconds(20), host: "away:3001"), try node("here", report: .seconds(90))],
            gone: ["away"])
        #expect(leftBehind.verdict(on: try NodeID("here"), at: Self.place, .certain) == .own)
        let reporting = claims(
            [try node("alive", report: .seconds(1), host: "away:3001"), try node("here", report: .seconds(90))],
            gone: ["away"])
        #expect(isForeign(reporting.verdict(on: try NodeID("here"), at: Self.place, .certain)))
    }
}
