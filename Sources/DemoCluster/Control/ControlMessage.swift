package import Secrets

/// What a second terminal asks of the running demo: one line of JSON over a Unix socket, answered by one line.
package enum ControlRequest: Sendable, Equatable, Codable {
    /// `target` as `DemoTarget` reads it.
    case act(DemoAction, target: String)
    case status
}

/// What the demo says to a request; one each.
package enum ControlAnswer: Sendable, Equatable, Codable {
    /// Done; one readable line.
    case done(String)
    /// Not done, and why.
    case refused(String)
    case status(DemoStatus)
}

/// The running demo as `kuma-demo status` shows it.
package struct DemoStatus: Sendable, Equatable, Codable {
    /// How far the demo is.
    package enum Phase: String, Sendable, Codable {
        case starting
        case ready
        case stopping
    }

    /// What the demo last did to a process, or saw of it.
    package enum ProcessState: String, Sendable, Codable {
        case running
        case frozen
        /// Ended by a person's kill or stop.
        case killed
        /// Ended by itself.
        case crashed
    }

    /// One of the demo's processes.
    package struct Process: Sendable, Equatable, Codable {
        /// As a person names it: `node2`, `agent2`, `balancer1`, `database`.
        package var name: String
        package var state: ProcessState
        /// Nil while it does not run.
        package var pid: Int32?

        package init(name: String, state: ProcessState, pid: Int32?) {
            self.name = name
            self.state = state
            self.pid = pid
        }
    }

    /// A stand-in Kuma node and its agent.
    package struct Node: Sendable, Equatable, Codable {
        /// As `NODE_ID` has it.
        package var id: String
        /// `host:port`
        package var address: String
        package var kuma: Process
        package var agent: Process
        /// The `status` column; nil while the database or the row is away.
        package var status: String?
        /// Active monitors it effectively runs.
        package var monitors: Int?
        /// Beats it wrote in the last ten seconds.
        package var recentBeats: Int?

        package init(id: String, address: String, kuma: Process, agent: Process) {
            self.id = id
            self.address = address
            self.kuma = kuma
            self.agent = agent
        }
    }

    /// A balancer and where clients reach it.
    package struct Balancer: Sendable, Equatable, Codable {
        /// `http://localhost:PORT`.
        package var url: String
        package var process: Process

        package init(url: String, process: Process) {
            self.url = url
            self.process = process
        }
    }

    /// The demo's own database, so that tests and people can look into it.
    package struct Database: Sendable, Equatable {
        package var process: Process
        package var host: String
        package var port: UInt16
        /// Of the database.
        package var name: String
        package var user: String
        package var password: Secret

        package init(process: Process, host: String, port: UInt16, name: String, user: String, password: Secret) {
            self.process = process
            self.host = host
            self.port = port
            self.name = name
            self.user = user
            self.password = password
        }
    }

    /// How long something took that the demo watched.
    package struct Measurement: Sendable, Equatable, Codable {
        /// What was waited for.
        package enum Kind: String, Sendable, Codable {
            /// From the launch until the balancer shows every node online.
            case launch
            /// From the kill of a node until all of its monitors had beats from other nodes.
            case failover
            /// From its start until all of them had beats from it again.
            case comeback
        }

        package var kind: Kind
        /// Empty for a launch.
        package var node: String
        /// How many were waited for.
        package var monitors: Int
        /// With fractions; by the database's clock, but a launch's by the demo's own.
        package var seconds: Double

        package init(kind: Kind, node: String, monitors: Int, seconds: Double) {
            self.kind = kind
            self.node = node
            self.monitors = monitors
            self.seconds = seconds
        }
    }

    package var phase: Phase
    /// Where logs lie; removed at the end, unless it is to be kept.
    package var directory: String
    /// By number, as are the balancers.
    package var nodes: [Node]
    package var balancers: [Balancer]
    package var database: Database
    /// The last hundred, the oldest first.
    package var measurements: [Measurement]

    package init(
        phase: Phase, directory: String, nodes: [Node], balancers: [Balancer], database: Database,
        measurements: [Measurement]
    ) {
        self.phase = phase
        self.directory = directory
        self.nodes = nodes
        self.balancers = balancers
        self.database = database
        self.measurements = measurements
    }
}

/// Only the demo's owner can open the socket on which this goes, and asks for it.
extension DemoStatus.Database: Codable {
    private enum Key: String, CodingKey {
        case process, host, port, name, user, password
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(
            process: try values.decode(DemoStatus.Process.self, forKey: .process),
            host: try values.decode(String.self, forKey: .host), port: try values.decode(UInt16.self, forKey: .port),
            name: try values.decode(String.self, forKey: .name), user: try values.decode(String.self, forKey: .user),
            password: Secret(try values.decode(String.self, forKey: .password)))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(process, forKey: .process)
        try values.encode(host, forKey: .host)
        try values.encode(port, forKey: .port)
        try values.encode(name, forKey: .name)
        try values.encode(user, forKey: .user)
        try values.encode(password.revealed, forKey: .password)
    }
}
