package import AgentCore
import ClusterCore

/// An agent's facts, for Prometheus: `kuma_agent_*`, each with the id of its node.
package struct AgentMetricsText {
    private typealias Label = Exposition.Label
    private typealias Sample = Exposition.Sample

    /// The whole page.
    package let text: String

    /// Of one moment: all samples are of the same facts.
    package init(_ facts: AgentFacts) {
        let node = Label("node_id", facts.node.text)
        func samples(_ name: String, _ counts: [(label: String, count: Int)]) -> [Sample] {
            counts.map { Sample($0.count, [node, Label(name, $0.label)]) }
        }
        var page = Exposition()
        page.add(
            "kuma_agent_info", .gauge, "Always 1; the labels say which agent this is.",
            [Sample(1, [node, Label("version", facts.version)])])
        page.add(
            "kuma_agent_node_status", .gauge, "1 for what this agent believes of its node, 0 for the rest.",
            samples("status", NodeStatus.allCases.map { ($0.rawValue, $0 == facts.status ? 1 : 0) }))
        page.add(
            "kuma_agent_heard", .gauge, "1 while the database takes this agent's reports, else 0.",
            [Sample(facts.isReporting, [node])])
        let ledger = facts.ledger
        page.add(
            "kuma_agent_probes_total", .counter, "Health checks of the node, by what they found.",
            samples(
                "finding",
                [
                    ("healthy", ledger.healthyProbes), ("degraded", ledger.degradedProbes),
                    ("unhealthy", ledger.unhealthyProbes),
                ]))
        page.add(
            "kuma_agent_probe_seconds_total", .counter, "Time that all health checks took together.",
            [Sample(ledger.probeTime / .seconds(1), [node])])
        page.add(
            "kuma_agent_beats_total", .counter, "Reports to the database, by what became of them.",
            samples(
                "outcome",
                [
                    ("written", ledger.writtenBeats), ("conflict", ledger.refusedBeats), ("failed", ledger.failedBeats),
                ]))
        text = page.text
    }
}
