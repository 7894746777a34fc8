import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import Foundation
import Testing

@Suite("What the API shows of the balancer and the cluster")
struct StatusEndpointsTests {
    private let api = APIFixture()

    @Test("ping answers healthy, never looks at the cluster, and says pong to who wants text")
    func ping() async throws {
        let reply = try await api.get("/lb/ping")
        #expect(reply.status == 200)
        #expect(reply.keys == ["status", "timestamp", "service"])
        #expect(try reply.string("status") == "healthy")
        #expect(try reply.string("service") == "kuma-balancer")
        let time = try reply.string("timestamp")
        #expect(time.wholeMatch(of: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/) != nil, "\(time)")

        let text = try await api.get("/lb/ping", ["Accept": "text/plain"])
        #expect(text.text == "pong\n")
        #expect(text["Content-Type"] == "text/plain; charset=utf-8")
        #expect(try await api.get("/lb/ping", ["Accept": "application/json, text/plain, */*"]).keys.first == "status")
    }

    @Test("ready says why not: draining, or no node that could be routed to")
    func ready() async throws {
        let reply = try await api.get("/lb/ready")
        #expect(reply.status == 200)
        #expect(reply.text == "{\"ready\":true,\"reasons\":[]}\n")

        let draining = APIFixture()
        draining.serving.beginDraining()
        #expect(try await draining.get("/lb/ready").status == 503)
        #expect(try await draining.get("/lb/ready").text == "{\"ready\":false,\"reasons\":[\"draining\"]}\n")

        var last = try FixtureNode("node1", name: "First")
        last.adminState = .known(.drain)
        let drained = APIFixture(control: FixtureControl(.of([last])))
        #expect(try await drained.get("/lb/ready").status == 200, "a draining node serves when nobody else can")

        let empty = APIFixture(control: FixtureControl(.of([])))
        #expect(try await empty.get("/lb/ready").text == "{\"ready\":false,\"reasons\":[\"no_routable_node\"]}\n")
    }

    @Test("ready names what is behind it that no node is known")
    func shortage() async throws {
        func reasons(_ change: (inout DatabaseSnapshot) -> Void) async throws -> String {
            var script = FixtureControl.Script.of([])
            change(&script.snapshot.database)
            let reply = try await APIFixture(control: FixtureControl(script)).get("/lb/ready")
            #expect(reply.status == 503)
            return reply.text
        }
        let stock = try await reasons { $0.foreignness = "no table node" }
        #expect(stock == "{\"ready\":false,\"reasons\":[\"no_routable_node\",\"not_a_cluster_database\"]}\n")
        let away = try await reasons {
            $0.isReachable = false
            $0.lastError = .unavailable(reason: "refused")
        }
        #expect(away == "{\"ready\":false,\"reasons\":[\"no_routable_node\",\"database_unreachable\"]}\n")
        let young = try await reasons { $0.isReachable = false }
        #expect(young == "{\"ready\":false,\"reasons\":[\"no_routable_node\"]}\n", "nobody has asked it yet")

        var serving = FixtureControl.Script.of([try FixtureNode("node1", name: "First")])
        serving.loseDatabase()
        #expect(try await APIFixture(control: FixtureControl(serving)).get("/lb/ready").status == 200)
    }

    @Test("system-status has every module, the old fields first")
    func systemStatus() async throws {
        let reply = try await api.get("/lb/system-status")
        #expect(reply.status == 200)
        #expect(
            reply.keys == [
                "timestamp", "cluster", "capacity", "health", "load_balancer", "fault_detection", "rebalancing",
                "leader", "database", "version", "uptime_seconds", "automation",
            ])
        let object = try reply.object()
        let cluster = try #require(object["cluster"] as? [String: Any])
        #expect(cluster["total_nodes"] as? Int == 3)
        #expect(cluster["online_nodes"] as? Int == 2)
        #expect(cluster["offline_nodes"] as? Int == 1)
        #expect(cluster["total_monitors"] as? Int == 1_205)
        #expect((object["database"] as? [String: Any])?["reachable"] as? Bool == true)
        #expect(object["stale"] == nil)
    }

    @Test("setup-status shows where requests go before and after the first set-up")
    func setupStatus() async throws {
        let reply = try await api.get("/lb/setup-status")
        #expect(reply.keys == ["setup_complete", "routing_mode", "primary_node", "message"])
        #expect(try reply.object()["setup_complete"] as? Bool == true)
        #expect(try reply.string("routing_mode") == "cluster")

        let pending = APIFixture(control: FixtureControl(.of([try FixtureNode("a", name: "A")], isSetUp: false)))
        let before = try await pending.get("/lb/setup-status")
        #expect(try before.object()["setup_complete"] as? Bool == false)
        #expect(try before.string("routing_mode") == "primary_only")
        #expect(try before.string("primary_node") == "a")
    }

    @Test("leader names the leader, its epoch and all balancers")
    func leader() async throws {
        let reply = try await api.get("/lb/leader")
        #expect(reply.keys == ["leader", "epoch", "self", "expires_in_ms", "balancers"])
        let object = try reply.object()
        #expect(object["leader"] as? String == "lb-test-1")
        #expect(object["epoch"] as? Int == 4)
        #expect(object["self"] as? Bool == true)
        #expect(object["expires_in_ms"] as? Int == 8_000)
        #expect(try reply.objects("balancers").first?["address"] as? String == "127.0.0.1:8084")
    }

    @Test("events come newest first, a page at a time")
    func events() async throws {
        let node = try NodeID("node1")
        api.control.change { script in
            script.events = [
                RecordedEvent(
                    id: 3, at: "2026-01-02T03:04:05.678Z",
                    event: ClusterEvent(.nodeOffline, node: node, detail: "\"refused\"")),
                RecordedEvent(id: 2, at: "2026-01-02T03:04:04.000Z", event: ClusterEvent(.leaderElected, detail: "")),
                RecordedEvent(
                    id: 1, at: "2026-01-02T03:04:03.000Z", event: ClusterEvent(.nodeOnline, node: node, detail: "")),
            ]
        }
        let first = try await api.get("/lb/events?limit=2&node=node1&kind=node_offline")
        #expect(first.keys == ["events", "next"])
        #expect(try first.objects("events").map { $0["id"] as? Int } == [3, 2])
        #expect(try first.objects("events")[0]["detail"] as? String == "\"refused\"")
        #expect(try first.objects("events")[1]["node_id"] is NSNull)
        #expect(try first.object()["next"] as? Int == 2)
        let last = try await api.get("/lb/events?limit=2&before=2")
        #expect(try last.objects("events").map { $0["id"] as? Int } == [1])
        #expect(try last.object()["next"] is NSNull)
        #expect(
            api.control.current.askedQueries == [
                EventQuery(limit: 2, node: node, kind: .nodeOffline), EventQuery(limit: 2, before: 2),
            ])
    }

    @Test("an empty history is an empty list")
    func noEvents() async throws {
        #expect(try await api.get("/lb/events").text == "{\"events\":[],\"next\":null}\n")
    }

    @Test(
        "a wrong parameter of events is named",
        arguments: [
            ("limit=0", "invalid_limit"), ("limit=1001", "invalid_limit"), ("limit=x", "invalid_limit"),
            ("before=-1", "invalid_before"), ("before=", "invalid_before"), ("node=a%20b", "invalid_node"),
            ("kind=party", "invalid_kind"),
        ])
    func wrongParameters(query: String, reason: String) async throws {
        let reply = try await api.get("/lb/events?" + query)
        #expect(reply.status == 400)
        #expect(Array(reply.keys.prefix(2)) == ["error", "reason"])
        #expect(try reply.string("reason") == reason)
    }
}

@Suite("While the database is away")
struct DatabaseAwayTests {
    private let api: APIFixture

    init() {
        api = APIFixture()
        api.control.change { $0.loseDatabase() }
    }

    @Test(
        "state is answered from the last table, marked as stale",
        arguments: [
            "/lb/health", "/lb/node-status", "/lb/capacity", "/lb/setup-status", "/lb/available-nodes",
            "/lb/fixed-node-status", "/lb/leader", "/lb/fault-detection-status", "/lb/health-status",
            "/lb/load-balancer-status", "/lb/rebalancing-status",
        ])
    func stale(path: String) async throws {
        let reply = try await api.get(path)
        #expect(reply.status == 200)
        #expect(Array(reply.keys.suffix(2)) == ["stale", "database"])
        let database = try #require(try reply.object()["database"] as? [String: Any])
        #expect(database["reachable"] as? Bool == false)
        let since = try #require(database["since"] as? String)
        let date = try Date(since, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(abs(date.timeIntervalSinceNow + 15) < 5, "\(since)")
    }

    @Test("system-status says what is wrong")
    func systemStatus() async throws {
        let reply = try await api.get("/lb/system-status")
        #expect(try reply.object()["stale"] as? Bool == true)
        let database = try #require(try reply.object()["database"] as? [String: Any])
        #expect(database["last_error"] as? String == "unavailable")
        #expect(!reply.text.contains("db.internal"))
        var local = api
        local.becomeAdministrator()
        #expect(try await local.get("/lb/system-status").text.contains("connection refused by db.internal:3306"))
    }

    @Test("the history shows what memory holds of it, marked and filtered like any page")
    func history() async throws {
        let (one, two) = (try NodeID("node1"), try NodeID("node2"))
        api.control.change { script in
            script.snapshot.history.events = [
                RecordedEvent(
                    id: 7, at: "2026-01-02T03:04:07.000Z",
                    event: ClusterEvent(.monitorsMoved, node: two, detail: "5 monitors moved away from node2")),
                RecordedEvent(
                    id: 6, at: "2026-01-02T03:04:06.000Z",
                    event: ClusterEvent(.nodeOffline, node: one, detail: "node1 is offline")),
            ]
            script.snapshot.history.moves = [
                RecordedMove(
                    id: 3, monitor: MonitorID(9), from: NodeReference(two), to: NodeReference(one),
                    previousAssigned: nil, reason: .failover, movedAt: "2026-01-02T03:04:07.000Z", closedAt: nil,
                    outcome: nil)
            ]
        }
        func rows(_ path: String, _ name: String) async throws -> [Int?] {
            let reply = try await api.get(path)
            #expect(reply.status == 200)
            #expect(try reply.object()["stale"] as? Bool == true, "\(path)")
            #expect((try reply.object()["database"] as? [String: Any])?["reachable"] as? Bool == false, "\(path)")
            return try reply.objects(name).map { $0["id"] as? Int }
        }
        #expect(try await rows("/lb/events", "events") == [7, 6])
        #expect(try await rows("/lb/events?node=node1", "events") == [6])
        #expect(try await rows("/lb/events?kind=monitors_moved", "events") == [7])
        #expect(try await rows("/lb/events?before=7&limit=1", "events") == [6])
        #expect(try await rows("/lb/moves?node=node1", "moves") == [3])
        #expect(try await rows("/lb/moves?kind=drain", "moves").isEmpty)
        #expect(try await rows("/lb/health-status", "history").count == 2)
    }

    @Test("a history that somebody keeps locked is shown from memory, marked as stale")
    func lockedHistory() async throws {
        api.control.change { script in
            script.storeError = .contended(reason: "1205: Lock wait timeout exceeded")
            script.snapshot.history.events = [
                RecordedEvent(id: 7, at: "2026-01-02T03:04:06.000Z", event: ClusterEvent(.nodeOffline, detail: "x"))
            ]
        }
        for (path, name, count) in [("/lb/events", "events", 1), ("/lb/moves", "moves", 0)] {
            let reply = try await api.get(path)
            #expect(reply.status == 200, "\(path)")
            #expect(try reply.object()["stale"] as? Bool == true, "\(path)")
            #expect(try reply.objects(name).count == count)
        }
    }

    @Test("clocks of the database that disagree are shown")
    func skew() async throws {
        api.control.change { script in
            script.snapshot.database.skew = ClockSkew(amount: .seconds(-90), seenAt: .now - .seconds(5))
        }
        let database = try #require(try await api.get("/lb/system-status").object()["database"] as? [String: Any])
        #expect((database["clock_skew"] as? [String: Any])?["ms"] as? Int == -90_000)
    }

    @Test("the database host in use is named, and why others are not fit")
    func databaseHosts() async throws {
        api.control.change { script in
            script.snapshot.database.hosts = DatabaseHosts(
                current: "db2:3306", unfit: [.init(host: "db1:3306", reason: "is read-only, as a standby is")])
        }
        let database = try #require(try await api.get("/lb/system-status").object()["database"] as? [String: Any])
        #expect(database["host"] as? String == "db2:3306")
        let unfit = try #require(database["unfit_hosts"] as? [[String: String]])
        #expect(unfit == [["host": "db1:3306", "reason": "is read-only, as a standby is"]])
    }

    @Test("what must read or write the database says so, without its secrets")
    func unavailable() async throws {
        var local = api
        local.becomeAdministrator()
        var replies = [
            try await local.get("/lb/trigger-rebalancing?dry_run=1")
        ]
        for path in [
            "/lb/update-loads", "/lb/trigger-rebalancing", "/lb/force-rebalance-all", "/lb/rebalancing/cancel",
            "/lb/nodes/node1/drain", "/lb/pause", "/lb/resume",
        ] { replies.append(try await local.post(path)) }
        for reply in replies {
            #expect(reply.status == 503)
            #expect(try reply.string("reason") == "database_unavailable")
            #expect(reply["Retry-After"] != nil)
            #expect(!reply.text.contains("db.internal"))
        }
    }

    @Test("a database that answers but refuses us leaves the state stale too")
    func refusing() async throws {
        api.control.change { script in
            script.snapshot.database = DatabaseSnapshot(
                isReachable: true, since: .now, lastError: .notPermitted(reason: "access denied", sql: []),
                lastRead: nil)
        }
        let reply = try await api.get("/lb/health")
        #expect(try reply.object()["stale"] as? Bool == true)
        #expect((try reply.object()["database"] as? [String: Any])?["reachable"] as? Bool == true)
    }

    @Test("ping and a pin still work")
    func alive() async throws {
        #expect(try await api.get("/lb/ping").status == 200)
        #expect(try await api.post("/lb/set-fixed-node", body: #"{"node":"node1"}"#).status == 200)
    }
}
