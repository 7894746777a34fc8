import HTTPTestClient
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

extension EndToEnd {
    @Suite("Two database hosts", .serialized)
    struct DatabaseFailover {
        @Test(
            "The primary dies and its copy takes over: agents and balancers go on there, nothing moves, no request fails"
        )
        func failover() async throws {
            let pair = try await DatabasePair.launch()
            do { try await failover(pair) } catch {
                await pair.end()
                throw error
            }
            await pair.end()
        }

        private func failover(_ pair: DatabasePair) async throws {
            try await eventually("the copy has seen three nodes online and a leader", within: .seconds(60)) {
                try await isAlive(pair)
            }
            let balancer = pair.balancerPorts[0]
            try await eventually("a client is served", within: .seconds(30)) {
                do {
                    return try await onThread { try HTTPConnection(port: balancer).request("GET", "/").status == 200 }
                } catch is HTTPClientError {
                    return false
                }
            }
            let before = try await assignments(pair.onStandby)
            #expect(before.count == DatabasePair.monitors)
            let load = OneShotLoad(port: balancer, clients: 1)
            try await load.waitForAnswers(50)

            let start = ContinuousClock.now
            await pair.primary.server.kill()
            try await pair.promote()
            let (promoted, since) = (ContinuousClock.now, try await now(pair.onStandby))
            // What arrived by replication is older than that.
            try await eventually("all agents and a leader write on the new primary", within: .seconds(60)) {
                try await isAlive(pair, since: since)
            }
            let alive = promoted.duration(to: .now)
            let calm = ContinuousClock.now
            // One TTL in which nobody is judged, and the time of a judgement.
            try await eventually("10 s on the new primary", within: .seconds(30)) {
                let now = try await assignments(pair.onStandby)
                #expect(now == before)
                return ContinuousClock.now >= calm + .seconds(10)
            }
            #expect(try await number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_move", pair.onStandby) == 0)
            await load.stop()
            #expect(load.failures == [])
            await FaultTable.shared.add(
                "primary database host dies, its copy is promoted", expected: "all go on there, nothing moves",
                measured:
                    "agents and leader write \(alive.seconds) after the promotion (\(start.duration(to: promoted).seconds)"
                    + " after the kill); 0 of \(load.answered) requests failed; 0 moves")

            let killed = ContinuousClock.now
            pair.kill(node: 2)
            try await eventually("node2's monitors have left it", within: .seconds(60)) {
                try await assignments(pair.onStandby).values.allSatisfy { $0 != "node2" }
            }
            await FaultTable.shared.add(
                "a node killed after that", expected: "moved ≤ 3 s",
                measured: "moved \(killed.duration(to: .now).seconds)")
        }

        /// Three nodes online, and since then – a time of the database's clock – a report of each and a renewed lease.
        private func isAlive(_ pair: DatabasePair, since time: String = "2000-01-01 00:00:00") async throws -> Bool {
            do {
                let reports = try await number(
                    "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE status = 'online' AND last_report > ?",
                    pair.onStandby, [.text(time)])
                // LEASE_TTL is 10 s.
                let leases = try await number(
                    "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_lease WHERE expires_at > ? + INTERVAL 10 SECOND",
                    pair.onStandby, [.text(time)])
                return reports == 3 && leases == 1
            } catch MariaDBError.schemaMissing, MariaDBError.conflict {
                // The column has not arrived yet, or is being made: on a busy machine longer than a read waits.
                return false
            }
        }

        private func now(_ connection: Connection) async throws -> String {
            let rows = try await connection.query("SELECT CAST(NOW(3) AS CHAR) AS now")
            return try rows.first?.text(try rows.column("now")) ?? ""
        }

        private func number(
            _ statement: Statement, _ connection: Connection, _ values: [Value] = []
        ) async throws -> Int64 {
            let rows = try await connection.query(statement, values)
            return try rows.first?.int(try rows.column("n")) ?? 0
        }

        private func assignments(_ connection: Connection) async throws -> [Int64: String] {
            let rows = try await connection.query(
                "SELECT id, COALESCE(assigned_node, node_id) AS node FROM monitor")
            let (id, node) = (try rows.column("id"), try rows.column("node"))
            return try rows.reduce(into: [:]) { $0[try $1.int(id)] = try $1.text(node) }
        }
    }
}
