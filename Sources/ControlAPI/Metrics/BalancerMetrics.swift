import ClusterCore
import ControlPlane
import Synchronization

/// `kuma_balancer_*`: what this balancer did, and what it sees of each node.
struct BalancerMetrics: Sendable {
    private typealias Label = Exposition.Label
    private typealias Sample = Exposition.Sample

    let sources: AnswerSources

    func write(into text: inout Exposition, at moment: Moment) {
        process(&text, moment)
        traffic(&text)
        nodes(&text)
    }

    private func process(_ text: inout Exposition, _ moment: Moment) {
        let configuration = sources.configuration
        text.add(
            "kuma_balancer_info", .gauge, "This balancer; always 1.",
            [
                Sample(
                    1,
                    [
                        Label("balancer_id", configuration.balancer.text), Label("version", configuration.version),
                    ])
            ])
        text.add(
            "kuma_balancer_uptime_seconds", .gauge, "Seconds since this balancer started.",
            [Sample(sources.startedAt.duration(to: moment.instant).seconds)])
        text.add(
            "kuma_balancer_draining", .gauge, "Whether this balancer takes no more connections.",
            [Sample(sources.serving.isDraining)])
        text.add(
            "kuma_balancer_reactors", .gauge, "Threads that move bytes; all counters below are their sums.",
            sources.traffic.count)
    }

    private func traffic(_ text: inout Exposition) {
        func sum(_ count: (TrafficFacts) -> Int) -> Int { sources.traffic.reduce(0) { $0 + count($1) } }
        text.add(
            "kuma_balancer_connections", .gauge, "Client connections open now.",
            sum { $0.openConnections.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_tunnels", .gauge, "WebSocket tunnels open now.",
            sum { $0.openTunnels.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_leased_pipes", .gauge, "Pipes that hold bytes on their way now.",
            sum { $0.leasedPipes.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_connections_accepted_total", .counter, "Client connections accepted.",
            sum { $0.accepted.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_connections_turned_away_total", .counter, "Client connections refused at a limit.",
            sum { $0.turnedAway.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_connections_not_http_total", .counter, "Connections closed because they spoke no HTTP.",
            sum { $0.notHTTP.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_requests_total", .counter, "Requests whose head was read, those for /lb/ included.",
            sum { $0.requests.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_requests_rejected_total", .counter, "Requests refused because their bytes were wrong.",
            sum { $0.rejected.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_requests_failed_total", .counter,
            "Requests that no node took, or that a node did not answer properly.",
            sum { $0.failed.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_cut_total", .counter,
            "Requests and tunnels cut because their node was given up: offline, out of reach, or removed.",
            sum { $0.cut.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_retries_total", .counter, "Requests sent once more after a node failed.",
            sum { $0.retried.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_stale_events_total", .counter, "Kernel events for connections that were gone already.",
            sum { $0.staleEvents.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_access_lines_lost_total", .counter, "Lines of the access log that nobody took in time.",
            sum { $0.lostAccessLines.load(ordering: .relaxed) })
    }

    private func nodes(_ text: inout Exposition) {
        let nodes = sources.control.routingTable.nodes
        func samples(_ value: (NodeTraffic) -> Int) -> [Sample] {
            nodes.map { Sample(value($0.traffic), [Label("node_id", $0.id.text)]) }
        }
        func readings(
            _ reading: (NodeTraffic) -> LatencyHistogram.Reading
        ) -> [([Label], LatencyHistogram.Reading)] {
            nodes.map { ([Label("node_id", $0.id.text)], reading($0.traffic)) }
        }
        text.add(
            "kuma_balancer_node_connections", .gauge, "Client connections on the node now.",
            samples { $0.openConnections.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_node_requests_total", .counter, "Requests sent to the node.",
            samples { $0.requests.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_node_responses_total", .counter, "Responses of the node by the first digit of their status.",
            nodes.flatMap { node in
                zip(BalancerMetrics.classes, node.traffic.responsesByClass).map {
                    Sample($1, [Label("node_id", node.id.text), Label("class", $0)])
                }
            })
        text.add(
            "kuma_balancer_node_retries_total", .counter, "Requests that failed at the node and were sent once more.",
            samples { $0.retries.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_node_connect_failures_total", .counter, "Connects that the node refused, reset or let wait.",
            samples { $0.connectFailures.load(ordering: .relaxed) })
        text.add(
            "kuma_balancer_node_ejections_total", .counter, "Times the node was passed over for a while.",
            samples { $0.ejections.load(ordering: .relaxed) })
        text.add(
            histogram: "kuma_balancer_node_connect_seconds", "Connects to the node that succeeded.",
            readings { $0.connectTimes.reading })
        text.add(
            histogram: "kuma_balancer_node_first_byte_seconds",
            "From a request on its way to the head of the node's response.",
            readings { $0.responseTimes.reading })
    }

    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]
}
