package import AgentCore
import ClusterCore

/// An agent's facts in the Prometheus text format (exposition format 0.0.4).
package struct AgentMetricsText {
    package let text: String

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package init(_ facts: AgentFacts) {
        var page = Page(node: facts.node.text)
        page.family("info", .gauge, "Always 1; the labels say which agent this is.")
        page.sample("info", 1, [("version", facts.version)])
        page.family("node_status", .gauge, "1 for what this agent believes of its node, 0 for the rest.")
        for status in NodeStatus.allCases {
            page.sample("node_status", status == facts.status ? 1 : 0, [("status", status.rawValue)])
        }
        page.family("heard", .gauge, "1 while the database takes this agent's reports, else 0.")
        page.sample("heard", facts.isHeard ? 1 : 0)
        let ledger = facts.ledger
        page.family("probes_total", .counter, "Health checks of the node, by what they found.")
        page.sample("probes_total", Double(ledger.healthyProbes), [("finding", "healthy")])
        page.sample("probes_total", Double(ledger.degradedProbes), [("finding", "degraded")])
        page.sample("probes_total", Double(ledger.unhealthyProbes), [("finding", "unhealthy")])
        page.family("probe_seconds_total", .counter, "Time that all health checks took together.")
        page.sample("probe_seconds_total", ledger.probeTime / .seconds(1))
        page.family("beats_total", .counter, "Reports to the database, by what became of them.")
        page.sample("beats_total", Double(ledger.writtenBeats), [("outcome", "written")])
        page.sample("beats_total", Double(ledger.refusedBeats), [("outcome", "conflict")])
        page.sample("beats_total", Double(ledger.failedBeats), [("outcome", "failed")])
        text = page.text
    }

    private enum Kind: String {
        case counter, gauge
    }

    /// Node ids, versions and our own words need no escaping in a label (`NodeID`: letters, digits and `.` `_` `-`).
    private struct Page {
        let node: String
        var text = ""

        init(node: String) { self.node = node }

        mutating func family(_ name: String, _ kind: Kind, _ meaning: String) {
            text += "# HELP kuma_agent_\(name) \(meaning)\n# TYPE kuma_agent_\(name) \(kind.rawValue)\n"
        }

        mutating func sample(_ name: String, _ value: Double, _ labels: [(name: String, value: String)] = []) {
            let all = ([("node_id", node)] + labels).map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
            let number = Int(exactly: value).map(String.init) ?? String(value)
            text += "kuma_agent_\(name){\(all)} \(number)\n"
        }
    }
}
