import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import Foundation
import Testing

@Suite("Rebalancing by the API")
struct RebalanceEndpointsTests {
    private static func local() throws -> APIFixture {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        let (a, b) = (NodeReference(text: "node1"), try NodeID("node2"))
        fixture.control.change {
            $0.outline = RebalanceOutline(
                moves: 7, routes: [RebalancePlan.Route(from: a, to: b, count: 7)], kept: 2)
        }
        return fixture
    }

    private static func job(_ id: Int64, _ state: RebalanceJob.State, error: String? = nil) -> RebalanceJob {
        RebalanceJob(
            id: id, kind: .rebalance, state: state, requestedBy: "10.0.0.9", total: 7, moved: 3,
            requestedAt: "2026-01-02T03:04:05.000Z", startedAt: "2026-01-02T03:04:06.000Z", error: error)
    }

    @Test("a dry run plans and starts nothing", arguments: ["trigger-rebalancing", "force-rebalance-all"])
    func dryRun(path: String) async throws {
        let fixture = try Self.local()
        let reply = try await fixture.get("/lb/\(path)?dry_run=1&max_moves=9")
        #expect(reply.status == 200)
        #expect(
            reply.text == #"{"status":"planned","planned_moves":7,"plan":[{"from":"node1","to":"node2","count":7}],"#
                + #""kept_by_person":2}"# + "\n")
        #expect(fixture.control.current.asked == ["plan \(path.hasPrefix("force") ? "force" : "rebalance") 9"])
    }

    @Test("a job is accepted with its number and plan, by POST and by GET")
    func started() async throws {
        let fixture = try Self.local()
        fixture.control.change { $0.answer = .started(Self.job(5, .pending), $0.outline) }
        for reply in [
            try await fixture.post("/lb/trigger-rebalancing?max_moves=4"),
            try await fixture.get("/lb/trigger-rebalancing"),
            try await fixture.post("/lb/force-rebalance-all?confirm=yes"),
        ] {
            #expect(reply.status == 202)
            #expect(reply.keys == ["status", "job", "planned_moves", "plan", "kept_by_person"])
            #expect(try reply.string("status") == "started")
            #expect(try reply.object()["job"] as? Int == 5)
        }
        #expect(
            fixture.control.current.asked == [
                "request rebalance 4 by 127.0.0.1", "request rebalance 0 by 127.0.0.1", "request force 0 by 127.0.0.1",
            ])
    }

    @Test("nothing to do is 200, a second job and a pause are 409")
    func refused() async throws {
        let fixture = try Self.local()
        fixture.control.change { $0.answer = .balanced(RebalanceOutline(moves: 0, routes: [], kept: 0)) }
        let balanced = try await fixture.post("/lb/trigger-rebalancing")
        #expect(balanced.status == 200)
        #expect(try balanced.string("status") == "balanced")
        #expect(balanced.text.contains(#""plan":[]"#))
        fixture.control.change { $0.answer = .busy }
        let busy = try await fixture.post("/lb/trigger-rebalancing")
        #expect(busy.status == 409)
        #expect(try busy.string("reason") == "rebalance_running")
        fixture.control.change { $0.answer = .paused(Pause(by: "10.0.0.9", reason: "upgrade")) }
        let paused = try await fixture.post("/lb/trigger-rebalancing")
        #expect(paused.status == 409)
        #expect(try paused.string("reason") == "paused")
        #expect((try paused.object()["pause"] as? [String: Any])?["reason"] as? String == "upgrade")
    }

    @Test("a confirmation that is none is a mistake, and nothing is done", arguments: ["1", "", "no", "YES", "true"])
    func misconfirmed(word: String) async throws {
        let fixture = try Self.local()
        let reply = try await fixture.post("/lb/force-rebalance-all?confirm=\(word)")
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == "invalid_flag")
        #expect(try reply.object()["allowed"] as? [String] == ["yes"])
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("force without confirm=yes shows the plan and does nothing")
    func unconfirmed() async throws {
        let fixture = try Self.local()
        let reply = try await fixture.post("/lb/force-rebalance-all")
        #expect(reply.status == 428)
        #expect(reply.keys == ["error", "reason", "planned_moves", "plan", "kept_by_person"])
        #expect(try reply.string("reason") == "confirmation_required")
        #expect(fixture.control.current.asked == ["plan force 0"])
    }

    @Test(
        "a wrong parameter starts nothing",
        arguments: [
            ("max_moves=0", "invalid_max_moves"), ("max_moves=-1", "invalid_max_moves"),
            ("max_moves=x", "invalid_max_moves"), ("max_moves=9999999999", "invalid_max_moves"),
            ("dry_run=ture", "invalid_flag"), ("dryrun=1", "unknown_parameter"), ("Dry_Run=1", "unknown_parameter"),
            ("max_moves=3&dry-run", "unknown_parameter"), ("confirm=yes", "unknown_parameter"),
        ])
    func wrong(query: String, reason: String) async throws {
        let fixture = try Self.local()
        let reply = try await fixture.post("/lb/trigger-rebalancing?" + query)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == reason)
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test(
        "a misspelt parameter is named, with what there is",
        arguments: ["trigger-rebalancing", "force-rebalance-all"])
    func misspelt(name: String) async throws {
        let fixture = try Self.local()
        let reply = try await fixture.post("/lb/\(name)?dryrun=1&max_moves=2")
        #expect(try reply.string("error").contains("dryrun"))
        let allowed = try #require(try reply.object()["allowed"] as? [String])
        #expect(allowed.contains("dry_run") && allowed.contains("confirm") == (name == "force-rebalance-all"))
        #expect(fixture.control.current.asked.isEmpty)
    }

    @Test("a request in a body starts nothing; a body that asks nothing is none")
    func body() async throws {
        let fixture = try Self.local()
        let refused = try await fixture.post("/lb/trigger-rebalancing", body: "{\"dry_run\":true}")
        #expect(refused.status == 400)
        #expect(try refused.string("reason") == "unexpected_body")
        #expect(fixture.control.current.asked.isEmpty)
        #expect(try await fixture.post("/lb/trigger-rebalancing?dry_run=1", body: " { }\n").status == 200)
    }

    @Test("the status follows the newest job, and shows the last ones")
    func status() async throws {
        let fixture = try Self.local()
        let none = try await fixture.get("/lb/rebalancing-status")
        #expect(
            none.keys == [
                "timestamp", "status", "message", "job", "kind", "total", "moved", "remaining", "started_at",
                "finished_at", "last_error", "last_jobs",
            ])
        #expect(try none.string("status") == "idle")
        #expect(try none.object()["job"] is NSNull)
        fixture.control.change { $0.jobs = [Self.job(6, .running), Self.job(5, .failed, error: "no node")] }
        let running = try await fixture.get("/lb/rebalancing-status")
        #expect(try running.string("status") == "running")
        #expect(try running.string("message") == "3 of 7 monitors moved")
        #expect(try running.object()["remaining"] as? Int == 4)
        #expect(try running.string("last_error") == "no node")
        #expect(try running.objects("last_jobs").map { $0["status"] as? String } == ["running", "failed"])
        fixture.control.change { $0.jobs = [Self.job(7, .failed, error: "no node"), Self.job(6, .done)] }
        #expect(try await fixture.get("/lb/rebalancing-status").string("status") == "failed")
        fixture.control.change { $0.jobs = [Self.job(8, .cancelled)] }
        #expect(try await fixture.get("/lb/rebalancing-status").string("status") == "idle")
    }

    @Test("with the database away the status shows the job that was seen last")
    func staleStatus() async throws {
        let fixture = try Self.local()
        fixture.control.change { script in
            script.loseDatabase()
            script.snapshot.orders.job = Self.job(6, .running)
            script.snapshot.recentJobs = [Self.job(6, .pending), Self.job(5, .done)]
        }
        let reply = try await fixture.get("/lb/rebalancing-status")
        #expect(reply.status == 200)
        #expect(try reply.object()["job"] as? Int == 6)
        #expect(try reply.objects("last_jobs").map { $0["status"] as? String } == ["running", "done"])
        #expect(try reply.object()["stale"] as? Bool == true)
    }

    @Test("cancel stops the running job, or says that there is none")
    func cancel() async throws {
        let fixture = try Self.local()
        #expect(try await fixture.post("/lb/rebalancing/cancel").text == "{\"status\":\"idle\"}\n")
        fixture.control.change { $0.jobs = [Self.job(6, .running)] }
        #expect(
            try await fixture.post("/lb/rebalancing/cancel").text == "{\"status\":\"cancelling\",\"job\":6}\n")
    }
}
