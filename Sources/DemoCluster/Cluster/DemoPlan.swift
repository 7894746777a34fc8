package import ChildProcesses
package import ClusterCore
package import Secrets
package import StandInKuma

/// Everything that is decided before the first process starts: who listens where, with which environment and log file.
package struct DemoPlan: Sendable {
    /// Who listens where on this machine.
    package struct Ports: Sendable, Equatable {
        /// Of node1 first.
        package let nodes: [UInt16]
        /// Of balancer1 first; one behind the other where a port was asked for.
        package let balancers: [UInt16]

        package init(nodes: [UInt16], balancers: [UInt16]) {
            self.nodes = nodes
            self.balancers = balancers
        }
    }

    package let options: DemoOptions
    package let executables: SiblingExecutables
    package let ports: Ports
    /// Of the logs and the balancers' state files.
    package let directory: String
    /// As nodes, agents and balancers all log in.
    package let database: StandInSettings.DatabaseAccess
    /// Shared by the stand-in nodes and their agents, so that an agent may make its node reconcile.
    package let apiKey: Secret

    package init(
        options: DemoOptions, executables: SiblingExecutables, ports: Ports, targetPort: UInt16, directory: String,
        database: StandInSettings.DatabaseAccess, apiKey: Secret
    ) {
        self.targetPort = targetPort
        self.options = options
        self.executables = executables
        self.ports = ports
        self.directory = directory
        self.database = database
        self.apiKey = apiKey
    }

    /// Chooses ports: the balancers' as asked for, everything else free.
    /// - Throws: `PortTaken` when a port that was asked for is in use, `NoFreePort`.
    package static func choosePorts(_ options: DemoOptions) throws -> Ports {
        let nodes = try ReservedPorts.take(options.nodes)
        guard options.port != 0 else {
            while true {
                let balancers = try ReservedPorts.take(options.balancers)
                if Set(balancers).isDisjoint(with: nodes) { return Ports(nodes: nodes, balancers: balancers) }
            }
        }
        let balancers = (0..<options.balancers).map { options.port + UInt16($0) }
        for port in balancers where !ReservedPorts.isFree(port) { throw PortTaken(port: port) }
        return Ports(nodes: nodes, balancers: balancers)
    }

    /// In the order in which they start.
    package var nodes: [DemoTarget] { (1...options.nodes).map(DemoTarget.node) }
    /// One for each node, of the same number.
    package var agents: [DemoTarget] { (1...options.nodes).map(DemoTarget.agent) }
    /// Numbered from 1.
    package var balancers: [DemoTarget] { (1...options.balancers).map(DemoTarget.balancer) }

    /// Whether the demo has such a part.
    package func has(_ target: DemoTarget) -> Bool {
        switch target {
        case .database: true
        case .node(let number), .agent(let number): number <= options.nodes
        case .balancer(let number): number <= options.balancers
        }
    }

    /// Every target's name, for messages.
    package var targetNames: String {
        (nodes + agents + balancers + [.database]).map(\.description).joined(separator: ", ")
    }

    /// Each node has a loopback address of its own, so that `X-Routed-To` tells them apart as host names would.
    package func address(ofNode number: Int) -> NodeAddress {
        NodeAddress(host: "127.0.1.\(number)", port: ports.nodes[number - 1])
    }

    /// - Parameter number: from 1, and one that the plan has.
    package func url(ofBalancer number: Int) -> String { "http://localhost:\(ports.balancers[number - 1])" }

    /// Where a child's standard output and error go, over all of its starts.
    package func logFile(of target: DemoTarget) -> String { "\(directory)/\(target).log" }

    /// Where the demo's own page listens that the monitors check.
    package let targetPort: UInt16

    /// - Parameter index: of the monitor, from 0.
    package func monitoredURL(ofMonitor index: Int) -> String { "http://127.0.0.1:\(targetPort)/target/\(index + 1)" }

    /// How to start a part; nil for the database, which starts itself.
    package func command(for target: DemoTarget, output: ChildProcess.Output) -> ChildProcess.Command? {
        switch target {
        case .database: nil
        case .node(let number):
            ChildProcess.Command(
                path: executables.demo, arguments: ["node"], environment: nodeEnvironment(number), output: output)
        case .agent(let number):
            ChildProcess.Command(
                path: executables.agent, arguments: ["run"], environment: agentEnvironment(number), output: output)
        case .balancer(let number):
            ChildProcess.Command(
                path: executables.balancer, arguments: ["run"], environment: balancerEnvironment(number),
                output: output)
        }
    }

    /// What Kuma and the agent beside it share, as in a container pair.
    private func pairEnvironment(_ number: Int) -> [String: String] {
        let address = address(ofNode: number)
        return [
            "PATH": "/usr/bin:/bin", "TZ": "UTC",
            "UPTIME_KUMA_NODE_ID": "node\(number)", "UPTIME_KUMA_NODE_NAME": "Node \(number)",
            "UPTIME_KUMA_NODE_HOST": address.description, "UPTIME_KUMA_PRIMARY": number == 1 ? "1" : "0",
            "UPTIME_KUMA_PORT": "\(address.port)",
            "UPTIME_KUMA_DB_HOSTNAME": database.host, "UPTIME_KUMA_DB_PORT": "\(database.port)",
            "UPTIME_KUMA_DB_NAME": database.name, "UPTIME_KUMA_DB_USERNAME": database.user,
            "UPTIME_KUMA_DB_PASSWORD": database.password.revealed, "KUMA_API_KEY": apiKey.revealed,
        ]
    }

    private func nodeEnvironment(_ number: Int) -> [String: String] {
        let own = ["UPTIME_KUMA_HOST": address(ofNode: number).host, "UPTIME_KUMA_DB_TYPE": "mariadb"]
        return pairEnvironment(number).merging(own) { $1 }
    }

    private func agentEnvironment(_ number: Int) -> [String: String] {
        let own = ["AGENT_HEALTH_URL": "http://\(address(ofNode: number))/api/v1/health"]
        return pairEnvironment(number).merging(own) { $1 }
    }

    private func balancerEnvironment(_ number: Int) -> [String: String] {
        var environment = [
            "PATH": "/usr/bin:/bin", "TZ": "UTC", "LB_LISTEN": "0.0.0.0:\(ports.balancers[number - 1])",
            "DB_HOST": database.host, "DB_PORT": "\(database.port)", "DB_NAME": database.name,
            "DB_USER": database.user, "DB_PASSWORD": database.password.revealed,
            "LB_STATE_FILE": "\(directory)/balancer\(number).table.json",
            // The second terminal may drain and rebalance: nobody's Kuma runs here that could be made to ask for it.
            "LB_ADMIN_ALLOW": "127.0.0.0/8,::1/128",
        ]
        environment["RETURN_HOLD"] = options.returnHold
        environment["LEASE_TTL"] = options.leaseTTL
        environment["REPORT_TTL"] = options.reportTTL
        environment["LB_PLANNED_MOVES"] = options.plannedMoves
        return environment
    }
}

/// A port that was asked for is in use.
package struct PortTaken: Error, Equatable, CustomStringConvertible {
    package let port: UInt16

    package var description: String { "port \(port) is in use; choose another with --port, or --port 0 for a free one" }
}
