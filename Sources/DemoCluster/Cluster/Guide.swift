/// What the demo prints once its processes are started: where to look and what to break.
package struct Guide: Sendable {
    private struct Entry {
        let heading: String
        let command: String
        let meaning: String
    }

    private let plan: DemoPlan
    /// How the person can call this executable again, such as `.build/debug/kuma-demo`.
    private let command: String

    /// - Parameter workingDirectory: the one the demo was started in; a path below it is shown relative to it.
    package init(_ plan: DemoPlan, workingDirectory: String) {
        self.plan = plan
        let path = plan.executables.demo
        command = path.hasPrefix(workingDirectory + "/") ? String(path.dropFirst(workingDirectory.count + 1)) : path
    }

    /// In the order in which they are printed, without their ends.
    package var lines: [String] {
        let entries = looking + breaking
        let width = entries.map(\.command.count).max() ?? 0
        var lines = [
            "Kuma Cluster demo: \(plan.options.nodes) nodes, \(plan.options.monitors) monitors, "
                + (1...plan.options.balancers).map(plan.url(ofBalancer:)).joined(separator: " "),
            "Try this in a second terminal:", "",
        ]
        for entry in entries {
            let heading = entry.heading + String(repeating: " ", count: 8 - entry.heading.count)
            let padding = String(repeating: " ", count: width - entry.command.count)
            lines.append("  \(heading)\(entry.command)\(padding)  \(entry.meaning)")
        }
        return lines + ["", "  Logs    \(plan.directory)/*.log", "  End     Ctrl-C", ""]
    }

    private func demo(_ words: String) -> String {
        let port = plan.ports.balancers[0]
        return "\(command) \(words)" + (port == DemoOptions().port ? "" : " --port \(port)")
    }

    private var looking: [Entry] {
        let url = plan.url(ofBalancer: 1)
        return [
            Entry(heading: "Look", command: "curl -s \(url)/lb/health", meaning: "nodes and their monitor counts"),
            Entry(heading: "", command: "curl -si \(url)/", meaning: "a node's page; see X-Routed-Via, -To and -Node"),
            Entry(heading: "", command: "curl -si \(url)/lb/fixed-node/node1", meaning: "pin yourself to a node"),
            Entry(heading: "", command: demo("status"), meaning: "nodes, processes, beats"),
        ]
    }

    private var breaking: [Entry] {
        let victim = plan.options.nodes > 1 ? "node2" : "node1"
        var entries = [
            Entry(heading: "Break", command: demo("kill \(victim)"), meaning: "its monitors run elsewhere in seconds"),
            Entry(heading: "", command: demo("start \(victim)"), meaning: "they come home once it has proved stable"),
            Entry(heading: "", command: demo("freeze \(victim)"), meaning: "it answers nothing; thaw ends it"),
            Entry(heading: "", command: demo("kill database"), meaning: "traffic flows on, nothing moves; then start"),
            Entry(heading: "", command: demo("kill agent1"), meaning: "nothing moves: its node lives"),
        ]
        if plan.options.balancers > 1 {
            entries.append(Entry(heading: "", command: demo("kill balancer1"), meaning: "another one leads in 12 s"))
        }
        return entries
    }
}
