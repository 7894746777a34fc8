import ClusterCore
import ControlAPI
import ControlPlane
import Synchronization
import Testing

@Suite("Metrics")
struct MetricsTests {
    /// The value of a sample, written as a scraper sees it.
    private func value(_ sample: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .map { String($0.dropFirst(sample.utf8.count + 1)) }
    }

    @Test("counters are summed over the reactors")
    func summed() async throws {
        let fixture = APIFixture()
        fixture.traffic[0].requests.store(40, ordering: .relaxed)
        fixture.traffic[1].requests.store(2, ordering: .relaxed)
        let reply = try await fixture.get("/lb/metrics")
        #expect(reply["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(value("kuma_balancer_requests_total", in: reply.text) == "42")
        #expect(value("kuma_balancer_reactors", in: reply.text) == "2")
    }

    @Test("each node has its status, monitors, answers by class and latencies")
    func nodes() async throws {
        let fixture = APIFixture()
        let node = try #require(fixture.control.routingTable.nodes.first)
        for status: UInt16 in [200, 204, 404, 503] { node.traffic.responded(status, after: 2_000_000) }
        node.traffic.connectTimes.add(300_000)
        node.traffic.retries.add(3, ordering: .relaxed)
        let text = try await fixture.get("/lb/metrics").text
        #expect(value(#"kuma_cluster_node_status{node_id="node3",status="offline"}"#, in: text) == "1")
        #expect(value(#"kuma_cluster_node_status{node_id="node3",status="online"}"#, in: text) == "0")
        #expect(value(#"kuma_cluster_node_routable{node_id="node1"}"#, in: text) == "1")
        #expect(value(#"kuma_cluster_node_monitors{node_id="node2"}"#, in: text) == "1200")
        #expect(value(#"kuma_cluster_node_report_age_seconds{node_id="node1"}"#, in: text) == "0.4")
        #expect(value(#"kuma_balancer_node_responses_total{node_id="node1",class="2xx"}"#, in: text) == "2")
        #expect(value(#"kuma_balancer_node_responses_total{node_id="node1",class="5xx"}"#, in: text) == "1")
        #expect(value(#"kuma_balancer_node_retries_total{node_id="node1"}"#, in: text) == "3")
        let firstByte = "kuma_balancer_node_first_byte_seconds"
        #expect(value(firstByte + #"_bucket{node_id="node1",le="0.001"}"#, in: text) == "0")
        #expect(value(firstByte + #"_bucket{node_id="node1",le="0.005"}"#, in: text) == "4")
        #expect(value(firstByte + #"_bucket{node_id="node1",le="+Inf"}"#, in: text) == "4")
        #expect(value(firstByte + #"_sum{node_id="node1"}"#, in: text) == "0.008")
        #expect(value(firstByte + #"_count{node_id="node1"}"#, in: text) == "4")
        #expect(value(#"kuma_balancer_node_connect_seconds_count{node_id="node1"}"#, in: text) == "1")
    }

    @Test("the lease, polls, moves and the database are counted, also while the database is away")
    func control() async throws {
        let fixture = APIFixture()
        fixture.control.change { script in
            script.snapshot.moves.moved = [.failover: 7, .maintenance: 2]
            script.snapshot.moves.returned = 5
            script.snapshot.passes.polls = 4
            script.snapshot.passes.pollTime = .milliseconds(10)
        }
        let text = try await fixture.get("/lb/metrics").text
        #expect(value("kuma_cluster_lease_held", in: text) == "1")
        #expect(value("kuma_cluster_lease_epoch", in: text) == "4")
        for (reason, count) in [("failover", "7"), ("maintenance", "2"), ("rebalance", "0"), ("force", "0")] {
            #expect(value("kuma_balancer_monitors_moved_total{reason=\"\(reason)\"}", in: text) == count)
        }
        #expect(value("kuma_balancer_monitors_returned_total", in: text) == "5")
        #expect(value("kuma_cluster_database_poll_seconds_sum", in: text) == "0.01")
        #expect(value("kuma_cluster_database_poll_seconds_count", in: text) == "4")
        #expect(value("kuma_cluster_database_reachable", in: text) == "1")
        fixture.control.change { $0.loseDatabase() }
        let away = try await fixture.get("/lb/metrics")
        #expect(away.status == 200)
        #expect(value("kuma_cluster_database_reachable", in: away.text) == "0")
    }

    @Test("every family has one HELP and one TYPE before its samples")
    func families() async throws {
        let text = try await APIFixture().get("/lb/metrics").text
        var (helped, typed): (Set<Substring>, Set<Substring>) = ([], [])
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(helped.insert(words[2]).inserted, "\(line)")
            } else if line.hasPrefix("# TYPE ") {
                #expect(typed.insert(words[2]).inserted, "\(line)")
            } else {
                let name = line.prefix { $0 != "{" && $0 != " " }
                let family = ["_bucket", "_sum", "_count"].reduce(name) {
                    $0.hasSuffix($1) && !typed.contains($0) ? $0.dropLast($1.count) : $0
                }
                #expect(helped.contains(family) && typed.contains(family), "\(line)")
            }
        }
        #expect(helped == typed && helped.count > 45)
    }
}
