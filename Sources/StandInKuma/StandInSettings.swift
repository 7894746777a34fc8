package import ClusterCore
package import Secrets

/// How one stand-in node is configured: Kuma's own environment variables (FactsAboutKuma.md), so that the agent beside it
/// can be given the same ones, as in a container pair.
package struct StandInSettings: Sendable, Equatable {
    /// `UPTIME_KUMA_NODE_ID`, or `NODE_ID`.
    package let id: NodeID
    /// `UPTIME_KUMA_NODE_NAME`; the id when it is not set.
    package let name: String
    /// What goes into the `host` column: where others reach this node.
    package let advertised: NodeAddress
    /// `UPTIME_KUMA_PRIMARY`; secondary where it is not set.
    package let role: Role
    /// `UPTIME_KUMA_HOST`: the address to listen on, as numbers.
    package let listenHost: String
    /// `UPTIME_KUMA_PORT`; 0 lets the kernel choose (tests).
    package let port: UInt16
    /// `UPTIME_KUMA_DB_*`.
    package let database: DatabaseAccess
    /// When set, the one key that `POST /api/v1/reconcile-monitors` accepts; otherwise any Authorization header will do.
    package let apiKey: Secret?
    /// From SIGTERM to the end of the process. The real one takes 4 to 6 s (FactsAboutKuma.md).
    package let exitDelay: Duration

    /// What its row says in `is_primary`: whether first-time set-up belongs to it.
    package enum Role: Sendable, Equatable {
        case primary, secondary
    }

    /// How one user logs in to one database over TCP.
    package struct DatabaseAccess: Sendable, Equatable {
        /// A name, or numbers.
        package let host: String
        package let port: UInt16
        /// Of the database.
        package let name: String
        package let user: String
        package let password: Secret

        package init(host: String, port: UInt16, name: String, user: String, password: Secret) {
            self.host = host
            self.port = port
            self.name = name
            self.user = user
            self.password = password
        }
    }

    package init(
        id: NodeID, name: String, advertised: NodeAddress, role: Role, listenHost: String, port: UInt16,
        database: DatabaseAccess, apiKey: Secret?, exitDelay: Duration
    ) {
        self.id = id
        self.name = name
        self.advertised = advertised
        self.role = role
        self.listenHost = listenHost
        self.port = port
        self.database = database
        self.apiKey = apiKey
        self.exitDelay = exitDelay
    }
}

extension StandInSettings {
    /// - Throws: `InvalidStandInSettings` with every problem found.
    package init(environment: [String: String], exitDelay: Duration) throws(InvalidStandInSettings) {
        var reader = EnvironmentReader(environment: environment)
        let id = reader.nodeID()
        let port = reader.port("UPTIME_KUMA_PORT", default: NodeAddress.defaultPort)
        let databasePort = reader.port("UPTIME_KUMA_DB_PORT", default: 3306)
        let advertised = reader.advertised(port: port)
        let databaseHost = reader.required("UPTIME_KUMA_DB_HOSTNAME")
        let databaseName = reader.required("UPTIME_KUMA_DB_NAME")
        let databaseUser = reader.required("UPTIME_KUMA_DB_USERNAME")
        reader.expect("UPTIME_KUMA_DB_TYPE", toBe: "mariadb")
        guard reader.problems.isEmpty, let id, let advertised, let databaseHost, let databaseName, let databaseUser
        else { throw InvalidStandInSettings(problems: reader.problems) }
        let isPrimary = ["1", "true", "yes"].contains(environment["UPTIME_KUMA_PRIMARY"] ?? "")
        self.init(
            id: id, name: environment["UPTIME_KUMA_NODE_NAME"] ?? id.text, advertised: advertised,
            role: isPrimary ? .primary : .secondary, listenHost: environment["UPTIME_KUMA_HOST"] ?? "0.0.0.0",
            port: port,
            database: DatabaseAccess(
                host: databaseHost, port: databasePort, name: databaseName, user: databaseUser,
                password: Secret(environment["UPTIME_KUMA_DB_PASSWORD"] ?? "")),
            apiKey: environment["KUMA_API_KEY"].flatMap { $0.isEmpty ? nil : Secret($0) }, exitDelay: exitDelay)
    }
}

/// Every problem of a stand-in node's environment, one line each.
package struct InvalidStandInSettings: Error, Equatable, CustomStringConvertible {
    /// At least one, in the order in which they were met.
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}

/// Reads variables and collects what is wrong with them.
private struct EnvironmentReader {
    let environment: [String: String]
    var problems: [String] = []

    mutating func required(_ key: String) -> String? {
        guard let value = environment[key], !value.isEmpty else {
            problems.append("\(key) is not set")
            return nil
        }
        return value
    }

    mutating func nodeID() -> NodeID? {
        let key = environment["UPTIME_KUMA_NODE_ID"] == nil ? "NODE_ID" : "UPTIME_KUMA_NODE_ID"
        guard let text = environment[key], !text.isEmpty else {
            problems.append("UPTIME_KUMA_NODE_ID is not set")
            return nil
        }
        do {
            return try NodeID(text)
        } catch {
            problems.append("\(key): \(error)")
            return nil
        }
    }

    mutating func port(_ key: String, default fallback: UInt16) -> UInt16 {
        guard let text = environment[key], !text.isEmpty else { return fallback }
        guard let port = UInt16(text) else {
            problems.append("\(key)=\(text) is not a port: use 0 to 65535")
            return fallback
        }
        return port
    }

    /// `UPTIME_KUMA_NODE_HOST` with this node's port where it names none.
    mutating func advertised(port: UInt16) -> NodeAddress? {
        guard let text = required("UPTIME_KUMA_NODE_HOST") else { return nil }
        do {
            let parsed = try NodeAddress(parsing: text)
            let namesPort = parsed.description == text
            return namesPort ? parsed : NodeAddress(host: parsed.host, port: port)
        } catch {
            problems.append("UPTIME_KUMA_NODE_HOST: \(error)")
            return nil
        }
    }

    mutating func expect(_ key: String, toBe expected: String) {
        if let value = environment[key], value != expected {
            problems.append("\(key)=\(value): a cluster needs \(expected)")
        }
    }
}
