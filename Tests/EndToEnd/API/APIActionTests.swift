import ChildProcesses
import DemoCluster
import Foundation
import HTTPTestClient
import MariaDB
import SchemaChecking
import Testing
import Waiting

/// Orders given to either balancer, the events they leave, and what only a running process can show.
extension EndToEnd.API {
    @Test("A pause and a drain ordered at either balancer are seen by both, and undone at the other")
    func orders() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let callers = try await callers()
        for (here, there) in [(callers[0], callers[1]), (callers[1], callers[0])] {
            _ = try await here.ask("POST /lb/pause", "/lb/pause?reason=either")
            _ = try await here.ask("POST /lb/nodes/{node}/drain", "/lb/nodes/node3/drain")
            for caller in callers {
                try await eventually("both know of the pause and the drain") {
                    let automation = try await caller.json("/lb/system-status")["automation"]
                    let nodes = try await caller.json("/lb/node-status")["nodes"]?.elements ?? []
                    return automation?["reason"] == .string("either")
                        && nodes.first { $0["node_id"] == .string("node3") }?["admin_state"] == .string("drain")
                }
            }
            let refused = try await there.ask(
                "POST /lb/force-rebalance-all", "/lb/force-rebalance-all?confirm=yes")
            #expect(refused.status == 409 && refused.reason == "paused")
            _ = try await there.ask("POST /lb/resume", "/lb/resume")
            _ = try await there.ask("POST /lb/nodes/{node}/activate", "/lb/nodes/node3/activate")
            for caller in callers {
                try await eventually("both know that it is over") {
                    let automation = try await caller.json("/lb/system-status")["automation"]
                    let nodes = try await caller.json("/lb/node-status")["nodes"]?.elements ?? []
                    return automation?["paused"] == .bool(false)
                        && nodes.allSatisfy { $0["admin_state"] == .string("active") }
                }
            }
        }
        try await cluster.settled()
    }

    /// - Parameter start: who asks whom, and how.
    @Test(
        "A rebalancing asked of either balancer, or forced, is done by the leader, and both show it",
        arguments: [(0, "trigger-rebalancing", "?dry_run=1", ""), (1, "force-rebalance-all", "", "?confirm=yes")])
    func rebalancing(balancer: Int, name: String, look: String, act: String) async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let callers = try await callers()
        let caller = callers[balancer]
        try await cluster.database.execute("UPDATE monitor SET node_id = 'node1' WHERE node_id = 'node3'")
        try await eventually("the balancer sees it") {
            let nodes = try await caller.json("/lb/node-status")["nodes"]?.elements ?? []
            return nodes.first?["home_count"] == .number(8)
        }
        let plan = try await caller.ask("POST /lb/\(name)", "/lb/\(name)\(look)")
        #expect(try JSONValue(parsing: plan.text)["planned_moves"] == .number(4))
        let started = try await caller.ask("POST /lb/\(name)", "/lb/\(name)\(act)")
        #expect(started.status == 202)
        let job = try #require(try JSONValue(parsing: started.text)["job"])
        for other in callers {
            try await eventually("the job is done and shown", within: .seconds(30)) {
                let status = try await other.json("/lb/rebalancing-status")
                return status["status"] == .string("idle") && status["job"] == job && status["moved"] == .number(4)
            }
            try await eventually("every node has four homes") {
                let nodes = try await other.json("/lb/node-status")["nodes"]?.elements ?? []
                return nodes.map { $0["home_count"] } == Array(repeating: .number(4), count: 3)
            }
        }
        try await eventually("there is nothing left to do") {
            let again = try await caller.ask("GET /lb/trigger-rebalancing", "/lb/trigger-rebalancing")
            return try JSONValue(parsing: again.text)["status"] == .string("balanced")
        }
        let moves = try await callers[0].json("/lb/moves?limit=4")["moves"]?.elements ?? []
        let reason = act.isEmpty ? "rebalance" : "force"
        #expect(moves.count == 4 && moves.allSatisfy { $0["reason"] == .string(reason) })
        try await cluster.settled()
    }

    @Test("The history pages without a gap")
    func paging() async throws {
        let cluster = try ClusterUnderTest.running
        let caller = try await APICaller(port: cluster.balancerPorts[0])
        for _ in 0..<3 {
            _ = try await caller.ask("POST /lb/pause", "/lb/pause")
            _ = try await caller.ask("POST /lb/resume", "/lb/resume")
        }
        let whole = try await caller.json("/lb/events?limit=6")["events"]?.elements.compactMap { $0["id"] } ?? []
        #expect(whole.count == 6)
        guard case .number(let newest)? = whole.first else {
            Issue.record("there is no event")
            return
        }
        var paged: [JSONValue] = []
        // From there on: a newer event may have come meanwhile.
        var target = "/lb/events?limit=2&before=\(Int(newest) + 1)"
        for _ in 0..<3 {
            let page = try await caller.json(target)
            paged += page["events"]?.elements.compactMap { $0["id"] } ?? []
            guard case .number(let next) = page["next"] else { break }
            target = "/lb/events?limit=2&before=\(Int(next))"
        }
        #expect(paged == whole)
        let kinds = try await caller.json("/lb/events?kind=automation_paused")["events"]?.elements ?? []
        #expect(!kinds.isEmpty && kinds.allSatisfy { $0["kind"] == .string("automation_paused") })
        let node = try await caller.json("/lb/events?node=node3")["events"]?.elements ?? []
        #expect(node.allSatisfy { $0["node_id"] == .string("node3") })
    }

    @Test("Events follow live on both balancers, whoever caused them, and who comes back misses none")
    func live() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let caller = try await APICaller(port: cluster.balancerPorts[0])
        let ports = cluster.balancerPorts
        let streams = try await onThread { try ports.map { try LiveStream(port: $0) } }
        let start = ContinuousClock.now
        _ = try await caller.ask("POST /lb/pause", "/lb/pause?reason=live")
        for stream in streams {
            _ = try await onThread { try stream.read(until: "automation_paused") }
            #expect(stream.beginning.contains("HTTP/1.1 200"))
            #expect(stream.beginning.contains("Content-Type: text/event-stream"))
        }
        print("measured: an event reached the followers of two balancers \(start.duration(to: .now)) after its cause")
        let seen = try await onThread { try streams[0].read(until: ": beat") }
        #expect(!seen.contains("automation_paused"), "nothing comes twice")
        let events = try await caller.json("/lb/events?kind=automation_paused&limit=1")["events"]?.elements ?? []
        guard case .number(let last) = events.first?["id"] else {
            Issue.record("there is no event of the pause")
            return
        }
        let port = cluster.balancerPorts[1]
        _ = try await caller.ask("POST /lb/resume", "/lb/resume")
        let missed = try await onThread {
            try LiveStream(port: port, fields: [("Last-Event-ID", String(Int(last) - 1))])
                .read(until: "automation_resumed")
        }
        #expect(missed.contains("id: \(Int(last))\n"))
    }

    @Test("A follower does not hold up the end of a balancer")
    func followerAtTheEnd() async throws {
        let cluster = try ClusterUnderTest.running
        let port = try ReservedPorts.take(1)[0]
        let balancer = try BalancerProcess(try await cluster.status().database, at: .port(port))
        try await balancer.ready()
        let stream = try await onThread { try LiveStream(port: port) }
        let start = ContinuousClock.now
        try await balancer.stop()
        let span = start.duration(to: .now)
        #expect(span < .seconds(9), "not even the ten seconds that exchanges get")
        // The last chunk: the stream ended, it was not cut off.
        _ = try await onThread { try stream.read(until: "\r\n0\r\n\r\n") }
        print("measured: a balancer with a live follower ended \(span) after SIGTERM")
    }

    @Test("Metrics count what happens, sum up, and promtool has nothing to say", .enabled(if: Promtool.isThere))
    func metrics() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        for port in cluster.balancerPorts {
            let caller = try await APICaller(port: port)
            let before = Scrape(try await caller.ask("GET /lb/metrics", "/lb/metrics").text)
            for _ in 0..<20 { #expect(try await caller.askUndescribed("GET", "/").status == 200) }
            #expect(try await caller.askUndescribed("GET", "/api/no-such-thing").status == 404)
            var after = before
            func grown(_ name: String, _ labels: String = "") -> Double {
                after.sum(name, labels) - before.sum(name, labels)
            }
            // A client may have its answer a moment before a reactor has counted it.
            try await eventually("all is counted") {
                after = Scrape(try await caller.ask("GET /lb/metrics", "/lb/metrics").text)
                return grown("kuma_balancer_node_requests_total") >= 21
                    && grown("kuma_balancer_node_responses_total", "class=\"2xx\"") >= 20
                    && grown("kuma_balancer_node_responses_total", "class=\"4xx\"") >= 1
                    && grown("kuma_balancer_node_first_byte_seconds_count") >= 21
                    && grown("kuma_balancer_requests_total") >= 22
            }
            #expect(after.sum("kuma_balancer_node_connect_seconds_count") > 0)
            #expect(after.sum("kuma_cluster_node_status", "status=\"online\"") == 3)
            #expect(after.sum("kuma_cluster_node_monitors") == 12)
            #expect(after.sum("kuma_cluster_database_poll_seconds_count") > 0)
            #expect(after.sum("kuma_cluster_database_reachable") == 1)
            let complaints = try await Promtool.complaints(about: after.text)
            #expect(complaints == "", "promtool check metrics")
            print("measured: promtool found nothing wrong with \(after.families) families of metrics")
        }
    }

    @Test("The log's level changes in the running process, and no request of a client is ever in it")
    func log() async throws {
        let cluster = try ClusterUnderTest.running
        let caller = try await APICaller(port: cluster.balancerPorts[0])
        _ = try await caller.ask("POST /lb/log-level", "/lb/log-level?level=trace")
        let secret = "s3cret\(UInt32.random(in: .min ... .max))"
        _ = try await caller.askUndescribed(
            "GET", "/page-\(secret)?token=\(secret)", fields: [("Cookie", "session=\(secret)")])
        // Nor one that is refused, that names a node which is none, or that the API answers.
        _ = try await caller.askUndescribed("GET", "/\(secret)", fields: [("Content-Length", "-\(secret)")])
        _ = try await caller.askUndescribed(
            "GET", "/?token=\(secret)", fields: [("Cookie", "KUMA_FIXED_NODE=\(secret)")])
        _ = try await caller.askUndescribed(
            "GET", "/lb/health?token=\(secret)", fields: [("Authorization", "Bearer \(secret)")])
        _ = try await caller.ask("GET /lb/debug-config", "/lb/debug-config")
        let logs = try await caller.ask("GET /lb/debug-logs", "/lb/debug-logs?lines=5000")
        #expect(logs.text.contains("the log level was changed"))
        #expect(!logs.text.contains(secret))
        let lines = try await caller.ask(
            "GET /lb/debug-logs", "/lb/debug-logs?level=notice", [("Accept", "application/x-ndjson")])
        for line in lines.text.split(separator: "\n") {
            #expect(try JSONValue(parsing: String(line))["level"] != nil, "\(line)")
        }
        let shown = try await caller.json("/lb/debug-config")
        #expect(shown["enabled"] == .bool(true) && shown["log_level"] == .string("trace"))
        let settings = shown["settings"]?.elements ?? []
        let password = settings.first { $0["key"] == .string("DB_PASSWORD") }
        #expect(password?["value"] == .string("<redacted>"))
        #expect(settings.contains { $0["source"] == .string("environment") })
        _ = try await caller.ask("POST /lb/log-level", "/lb/log-level?level=info")
    }
}
