import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import Foundation
import Testing

@Suite("Orders of people, by the API")
struct OrderEndpointsTests {
    private func local() -> APIFixture {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        return fixture
    }

    @Test(
        "a node is drained, cordoned, emptied and activated",
        arguments: [("drain", "drain"), ("cordon", "cordon"), ("maintenance", "maintenance"), ("activate", "active")])
    func adminStates(verb: String, state: String) async throws {
        let fixture = local()
        fixture.control.change { $0.leaving = 4 }
        let reply = try await fixture.post("/lb/nodes/node2/\(verb)")
        #expect(reply.status == 200)
        #expect(reply.text == #"{"node_id":"node2","admin_state":"\#(state)","moved":4}"# + "\n")
        #expect(fixture.control.current.asked == ["\(state) node2 by 127.0.0.1"])
    }

    @Test("every state has its endpoint", arguments: AdminState.allCases)
    func everyState(state: AdminState) async throws {
        let reply = try await local().post("/lb/nodes/node2/\(state.verb)")
        #expect(try reply.string("admin_state") == state.rawValue)
    }

    @Test("an unknown node is a 404 that lists the nodes", arguments: ["nobody", "a%20b", "..%2f"])
    func unknownNode(node: String) async throws {
        let reply = try await local().post("/lb/nodes/\(node)/drain")
        #expect(reply.status == 404)
        #expect(try reply.string("reason") == "unknown_node")
        #expect(try reply.object()["allowed"] as? [String] == ["node1", "node2", "node3"])
    }

    @Test("there is no other verb", arguments: ["/lb/nodes/node1/delete", "/lb/nodes/node1", "/lb/nodes//drain"])
    func unknownVerb(path: String) async throws {
        let reply = try await local().post(path)
        #expect(reply.status == 404)
        #expect(try reply.string("reason") == "not_found")
    }

    @Test("a pause keeps who, why and until when, from the body or from the query")
    func pause() async throws {
        let fixture = local()
        let until = Date.now.addingTimeInterval(3_600)
        let text = until.formatted(Date.ISO8601FormatStyle())
        let seconds = Int(until.timeIntervalSince1970)
        let reply = try await fixture.post("/lb/pause", body: #"{"reason":"kernel \"6\"","until":"\#(text)"}"#)
        #expect(reply.status == 200)
        #expect(reply.keys == ["paused", "by", "reason", "until"])
        #expect(try reply.object()["paused"] as? Bool == true)
        #expect(try reply.string("by") == "127.0.0.1")
        #expect(try reply.string("reason") == "kernel \"6\"")
        #expect(try reply.string("until") == text.dropLast() + ".000Z")
        _ = try await fixture.post("/lb/pause?reason=why&until=\(text)")
        let plain = try await fixture.post("/lb/pause")
        #expect(plain.text == #"{"paused":true,"by":"127.0.0.1","reason":"","until":null}"# + "\n")
        #expect(
            fixture.control.current.asked == [
                "pause by 127.0.0.1: kernel \"6\" until \(seconds)", "pause by 127.0.0.1: why until \(seconds)",
                "pause by 127.0.0.1:  until 0",
            ])
    }

    @Test("a misspelt end is refused: it would be a pause without one")
    func misspeltEnd() async throws {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        let reply = try await fixture.post("/lb/pause?reason=upgrade&untill=2099-01-01T00:00:00Z")
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == "unknown_parameter")
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test(
        "a pause that makes no sense is refused",
        arguments: [
            (#"{"until":"2020-01-01T00:00:00Z"}"#, "invalid_until"),
            (#"{"until":"9999-01-01T00:00:00Z"}"#, "invalid_until"),
            (#"{"until":"tomorrow"}"#, "invalid_until"), (#"{"until":7}"#, "invalid_json"), ("[]", "invalid_json"),
            ("{", "invalid_json"),
        ])
    func wrongPause(body: String, reason: String) async throws {
        let fixture = local()
        let reply = try await fixture.post("/lb/pause", body: body)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == reason)
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("resume ends it, also when there was none")
    func resume() async throws {
        let fixture = local()
        let reply = try await fixture.post("/lb/resume")
        #expect(reply.text == #"{"paused":false,"by":null,"reason":null,"until":null}"# + "\n")
        #expect(fixture.control.current.asked == ["resume by 127.0.0.1"])
    }

    @Test("the journal comes newest first, a page at a time")
    func moves() async throws {
        let fixture = local()
        fixture.control.change { script in
            script.moves = [
                RecordedMove(
                    id: 9, monitor: MonitorID(4), from: NodeReference(text: "node1"), to: NodeReference(text: "node2"),
                    previousAssigned: nil, reason: .failover, movedAt: "2026-01-02T03:04:05.000Z", closedAt: nil,
                    outcome: nil),
                RecordedMove(
                    id: 8, monitor: MonitorID(3), from: NodeReference(text: ""), to: NodeReference(text: "node2"),
                    previousAssigned: NodeReference(text: "node7"), reason: .rebalance,
                    movedAt: "2026-01-02T03:04:04.000Z", closedAt: "2026-01-02T03:04:04.000Z", outcome: .permanent),
            ]
        }
        let reply = try await fixture.get("/lb/moves?limit=2&node=node2&kind=failover&before=99")
        #expect(
            reply.text
                == #"{"moves":[{"id":9,"monitor_id":4,"from":"node1","to":"node2","previous_assigned":null,"#
                + #""reason":"failover","moved_at":"2026-01-02T03:04:05.000Z","returned_at":null,"outcome":"open"},"#
                + #"{"id":8,"monitor_id":3,"from":"","to":"node2","previous_assigned":"node7","reason":"rebalance","#
                + #""moved_at":"2026-01-02T03:04:04.000Z","returned_at":"2026-01-02T03:04:04.000Z","#
                + #""outcome":"permanent"}],"next":8}"# + "\n")
        #expect(fixture.control.current.asked == ["moves 2 99 node2 failover"])
        #expect(try await fixture.get("/lb/moves?before=8").text == "{\"moves\":[],\"next\":null}\n")
    }

    @Test(
        "a wrong parameter of moves is named",
        arguments: [
            ("limit=0", "invalid_limit"), ("before=x", "invalid_before"), ("node=%20", "invalid_node"),
            ("kind=party", "invalid_kind"),
        ])
    func wrongParameters(query: String, reason: String) async throws {
        let reply = try await local().get("/lb/moves?" + query)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == reason)
    }
}
