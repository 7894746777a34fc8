/// What the demo prints once it stands: where to look and what to break.
package enum Guide {
    package static func lines(_ plan: DemoPlan) -> [String] {
        let url = plan.url(ofBalancer: 1)
        let port = plan.ports.balancers[0]
        let command = port == 8084 ? "kuma-demo" : "kuma-demo --port \(port)"
        func act(_ words: String) -> String {
            "\(plan.executables.demo) \(words)" + (port == 8084 ? "" : " --port \(port)")
        }
        let victim = plan.options.nodes > 1 ? "node2" : "node1"
        var lines = [
            "Kuma Cluster demo (\(command)): \(plan.options.nodes) nodes, \(plan.options.monitors) monitors",
            "",
            "  Look:   curl -s \(url)/lb/health           nodes and their monitor counts",
            "          curl -si \(url)/                   a node's page; see X-Routed-Via and X-Routed-To",
            "          curl -si \(url)/lb/fixed-node/\(victim) pin yourself to a node",
            "          \(act("status"))",
            "  Break:  \(act("kill \(victim)"))            its monitors run elsewhere within seconds",
            "          \(act("start \(victim)"))           they come home when it has been stable for a while",
            "          \(act("freeze \(victim)")), \(act("thaw \(victim)"))",
            "          \(act("kill database")), \(act("start database")): traffic flows on, nothing moves",
            "          \(act("kill agent1")): nothing moves; its node lives",
        ]
        for number in 1...plan.options.balancers where number > 1 {
            lines.append("  Also:   \(plan.url(ofBalancer: number)) (balancer\(number)); \(act("kill balancer1"))")
        }
        lines += ["  Logs:   \(plan.directory)/*.log", "  End:    Ctrl-C", ""]
        return lines
    }
}
