import ChildProcesses
import DemoCluster
import FoundationEssentials
import HTTPTestClient
import KumaTables
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

extension EndToEnd {
    /// Databases behind which there is no cluster.
    @Suite("Foreign databases", .serialized)
    struct ForeignDatabases {
        @Test(
            "In front of a stock Kuma's database everybody is told so, nothing is created, and a cluster's start is met"
        )
        func stockKuma() async throws {
            let kuma = try await KumaDatabase.make(on: .shared())
            try await kuma.sql.execute("DROP TABLE node")
            let ports = try ReservedPorts.take(2)
            let agent = try AgentProcess("node1", on: kuma.access.environment, port: ports[0])
            let balancer = try BalancerProcess(kuma.access, at: .port(ports[1]))
            try await eventually("/lb/ready names it", within: .seconds(30)) {
                try await answer("/lb/ready", at: ports[1]).contains("\"not_a_cluster_database\"")
            }
            // The table that says so to clients follows what the API shows.
            try await eventually("the 503 names it") {
                try await answer("/", at: ports[1]).contains("\"reason\":\"not_a_cluster_database\"")
            }
            for output in [agent.output, balancer.output] {
                try await eventually("the log names it: \(output.text)", within: .seconds(30)) {
                    output.text.contains("it belongs to a stock Uptime Kuma")
                }
            }
            let ours: Statement = """
                SELECT CAST(COUNT(*) AS SIGNED) AS n FROM information_schema.tables
                WHERE table_schema = DATABASE() AND table_name LIKE 'cluster%'
                """
            #expect(try await kuma.number(ours) == 0)
            try await KumaTables.all.create(on: kuma.sql)
            try await eventually("agent and balancer work", within: .seconds(60)) {
                do {
                    let reports = try await kuma.number(
                        "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE last_report IS NOT NULL")
                    let leaders = try await kuma.number(
                        "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_lease WHERE holder <> ''")
                    return reports == 1 && leaders == 1
                } catch MariaDBError.schemaMissing, MariaDBError.conflict {
                    // The column does not exist yet, or is being made: on a busy machine longer than a read waits.
                    return false
                }
            }
            // The lease is in the database before the pass that took it has ended.
            try await eventually("/lb/ready tells no more than that its node's Kuma does not run") {
                try await answer("/lb/ready", at: ports[1])
                    == "{\"ready\":false,\"reasons\":[\"no_routable_node\"]}\n"
            }
            await agent.kill()
            try await balancer.stop()
        }

        @Test("A database that is not there is named by /lb/ready and by the 503")
        func unreachable() async throws {
            let kuma = try await KumaDatabase.make(on: .shared())
            let ports = try ReservedPorts.take(2)
            let balancer = try BalancerProcess(
                kuma.access, at: .port(ports[1]), settings: ["DB_HOST": "127.0.0.1:\(ports[0])"])
            try await eventually("/lb/ready names it", within: .seconds(30)) {
                try await answer("/lb/ready", at: ports[1])
                    == "{\"ready\":false,\"reasons\":[\"no_routable_node\",\"database_unreachable\"]}\n"
            }
            try await eventually("the 503 names it") {
                try await answer("/", at: ports[1]).contains("\"reason\":\"database_unreachable\"")
            }
            try await balancer.stop()
        }

        /// The body; empty while nobody listens.
        private func answer(_ path: String, at port: UInt16) async throws -> String {
            do {
                return try await onThread {
                    try HTTPConnection(port: port, timeout: .seconds(30)).request("GET", path).text
                }
            } catch is HTTPClientError {
                return ""
            }
        }
    }
}
