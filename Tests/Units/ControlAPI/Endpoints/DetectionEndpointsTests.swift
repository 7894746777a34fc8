import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import Foundation
import Testing

@Suite("How faults are found and nodes are chosen")
struct DetectionEndpointsTests {
    private let api = APIFixture()

    @Test("fault-detection-status shows the passes, its limits and whom it suspects")
    func faultDetection() async throws {
        let node = try FixtureNode("node4", name: "Fourth")
        api.control.change { script in
            script.snapshot.passes.count = 12
            script.snapshot.passes.last = .now
            script.snapshot.passes.lastDuration = .milliseconds(8)
            var record = node.snapshot.record
            record.reportAge = .seconds(6)
            script.snapshot.nodes.append(
                NodeSnapshot(
                    record: record, speaker: .agent, probe: nil, isEjected: false, standing: .preferred,
                    openConnections: 0, monitorCount: 0, homeCount: 0, visitingCount: 0, flaps: 0))
            record.id = node.id
            script.snapshot.nodes.append(
                NodeSnapshot(
                    record: record, speaker: .balancer, probe: nil, isEjected: false, standing: .preferred,
                    openConnections: 0, monitorCount: 0, homeCount: 0, visitingCount: 0, flaps: 0))
        }
        let reply = try await api.get("/lb/fault-detection-status")
        #expect(
            reply.keys == [
                "timestamp", "running", "interval_ms", "scans", "last_scan", "last_duration_ms", "silent_nodes",
                "suspects", "thresholds", "leader", "automation",
            ])
        let object = try reply.object()
        #expect(object["running"] as? Bool == true)
        #expect(object["scans"] as? Int == 12)
        #expect(object["last_duration_ms"] as? Int == 8)
        #expect(object["silent_nodes"] as? [String] == ["node4"])
        #expect(object["suspects"] as? [String] == ["node4"])
        let thresholds = try #require(object["thresholds"] as? [String: Int])
        #expect(thresholds["fall"] == 3 && thresholds["report_ttl_ms"] == 8_000)
        #expect(thresholds["return_hold_ms"] == 30_000)
        #expect(object["leader"] as? String == "lb-test-1")
    }

    @Test("health-status counts checks and missed heartbeats, and shows what was moved")
    func health() async throws {
        let node = try NodeID("node1")
        api.control.change { script in
            script.snapshot.checks.count = 5
            script.snapshot.checks.failures = 2
            // This balancer's own checks say nothing of an agent's beats.
            script.snapshot.thresholds.judge.steadyInterval = .milliseconds(200)
            script.events = [
                RecordedEvent(
                    id: 2, at: "2026-01-02T03:04:05.678Z",
                    event: ClusterEvent(
                        .monitorsMoved, node: node, detail: "12 monitors moved from node1: 12 to node2")),
                RecordedEvent(id: 1, at: "2026-01-02T03:04:05.000Z", event: ClusterEvent(.nodeOffline, detail: "3 x")),
            ]
        }
        let reply = try await api.get("/lb/health-status")
        #expect(
            reply.keys == [
                "check_count", "last_check", "success_count", "fail_count", "debug_enabled", "history", "heartbeats",
            ])
        #expect(try reply.object()["fail_count"] as? Int == 2)
        #expect(try reply.objects("history").map { $0["moved"] as? Int } == [12, 0])
        let heartbeats = try #require(try reply.object()["heartbeats"] as? [String: [String: Any]])
        #expect(heartbeats["node1"]?["age_ms"] as? Int == 400)
        #expect(heartbeats["node1"]?["missed"] as? Int == 0)
        // An agent too old to say, and one that beats four times a second.
        #expect(heartbeats["node1"]?["interval_ms"] as? Int == 2_000)
        #expect(heartbeats["node1"]?["interval_from"] as? String == "default")
        var brisk = try FixtureNode("node1", name: "First")
        brisk.agentInterval = .milliseconds(250)
        let nodes = [brisk]
        api.control.change { $0 = .of(nodes) }
        let beats = try #require(
            try await api.get("/lb/health-status").object()["heartbeats"] as? [String: [String: Any]])
        #expect(beats["node1"]?["interval_ms"] as? Int == 250)
        #expect(beats["node1"]?["interval_from"] as? String == "agent")
        #expect(beats["node1"]?["missed"] as? Int == 1)
    }

    @Test("load-balancer-status gives each node's score by the rule that chooses")
    func loadBalancer() async throws {
        var api = api
        api.configuration.connectionWeight = 0.5
        api.control.change { $0.snapshot.tableUpdatedAt = .now - .seconds(2) }
        let reply = try await api.get("/lb/load-balancer-status")
        #expect(
            reply.keys == [
                "timestamp", "load_balancer", "algorithm", "capacity", "cluster", "connection_weight", "nodes", "table",
            ])
        #expect(try reply.objects("nodes").map { $0["score"] as? Double } == [6, 1_201, 1])
        let table = try #require(try reply.object()["table"] as? [String: Any])
        #expect(table["generation"] as? Int == 9)
        #expect(try #require(table["age_ms"] as? Int) >= 2_000)
    }

    @Test("load-balancer-status marks a node whose share of new connections is still rising")
    func slowStart() async throws {
        let node = try FixtureNode("node4", name: "Fourth")
        api.control.change { script in
            script.snapshot.nodes.append(
                NodeSnapshot(
                    record: node.snapshot.record, speaker: .agent, probe: nil, isEjected: false, standing: .preferred,
                    slowStartShare: 0.5, openConnections: 0, monitorCount: 0, homeCount: 0, visitingCount: 0, flaps: 0))
        }
        let nodes = try await api.get("/lb/load-balancer-status").objects("nodes")
        #expect(nodes.map { $0["slow_start"] as? Bool } == [false, false, false, true])
    }

    @Test("system-status shows a pause and of a running job")
    func systemStatus() async throws {
        api.control.change { script in
            script.snapshot.orders = StandingOrders(
                pause: Pause(by: "10.0.0.9", reason: "upgrade"),
                job: RebalanceJob(
                    id: 6, kind: .force, state: .running, requestedBy: "", total: 7, moved: 3, requestedAt: ""))
        }
        let object = try await api.get("/lb/system-status").object()
        #expect((object["automation"] as? [String: Any])?["paused"] as? Bool == true)
        let rebalancing = try #require(object["rebalancing"] as? [String: Any])
        #expect(rebalancing["status"] as? String == "running" && rebalancing["remaining"] as? Int == 4)
    }
}
