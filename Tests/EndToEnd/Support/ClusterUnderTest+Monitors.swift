import HTTPTestClient
import MariaDB
import Waiting

/// Who runs a monitor, and who wanted it so.
struct Assignment: Equatable, Sendable {
    let home: String?
    let assigned: String?

    var effective: String? { assigned ?? home }
}

/// What the monitors did since a moment.
struct BeatSummary: Sendable {
    /// The nodes that wrote beats of each monitor.
    var nodes: [Int64: Set<String>] = [:]
    var counts: [Int64: Int] = [:]
}

extension ClusterUnderTest {
    func assignments() async throws -> [Int64: Assignment] {
        let rows = try await database.query("SELECT id, node_id, assigned_node FROM monitor WHERE active = 1")
        let (id, home, assigned) = try (rows.column("id"), rows.column("node_id"), rows.column("assigned_node"))
        return try rows.reduce(into: [:]) { assignments, row in
            assignments[try row.int(id)] = Assignment(
                home: try row.optionalText(home), assigned: try row.optionalText(assigned))
        }
    }

    /// What a person does in Kuma's user interface.
    func assign(_ monitor: Int64, to node: String?) async throws {
        try await database.execute(
            "UPDATE monitor SET assigned_node = ? WHERE id = ?", [.optional(node), .int(monitor)])
    }

    /// The database's clock.
    func now() async throws -> String {
        let rows = try await database.query("SELECT CAST(NOW(3) AS CHAR) AS now")
        let column = try rows.column("now")
        guard let row = rows.first else { throw MariaDBError.misused(reason: "no row") }
        return try row.text(column)
    }

    /// Whether that much time has passed on the database's clock.
    func havePassed(_ milliseconds: Int, since time: String) async throws -> Bool {
        let rows = try await database.query(
            "SELECT CAST(TIMESTAMPDIFF(MICROSECOND, ?, NOW(3)) AS SIGNED) AS age", [.text(time)])
        let column = try rows.column("age")
        return try (rows.first?.int(column) ?? 0) >= Int64(milliseconds) * 1000
    }

    func beats(since time: String) async throws -> BeatSummary {
        let rows = try await database.query(
            """
            SELECT monitor_id, node_id, CAST(COUNT(*) AS SIGNED) AS n FROM heartbeat WHERE time > ?
            GROUP BY monitor_id, node_id
            """, [.text(time)])
        let (monitor, node, count) = try (rows.column("monitor_id"), rows.column("node_id"), rows.column("n"))
        return try rows.reduce(into: BeatSummary()) { summary, row in
            let id = try row.int(monitor)
            summary.nodes[id, default: []].insert(try row.text(node))
            summary.counts[id, default: 0] += Int(try row.int(count))
        }
    }

    /// Waits until every active monitor has had a beat from the node it is assigned to, since now.
    func everyMonitorRunsWhereAssigned(within limit: Duration = .seconds(60)) async throws {
        let start = try await now()
        try await eventually("every monitor runs where it is assigned", within: limit) {
            let (wanted, seen) = (try await self.assignments(), try await self.beats(since: start))
            return wanted.allSatisfy { id, assignment in
                assignment.effective.map { seen.nodes[id]?.contains($0) ?? false } ?? true
            }
        }
    }

    /// The number of one-column, one-row queries.
    func number(_ statement: Statement, _ values: [Value] = []) async throws -> Int64 {
        let rows = try await database.query(statement, values)
        let column = try rows.column("n")
        return try rows.first?.int(column) ?? 0
    }

    /// Moves written to the journal so far.
    func journaledMoves() async throws -> Int64 {
        try await number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_move")
    }

    func openMoves() async throws -> Int64 {
        try await number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_move WHERE returned_at IS NULL")
    }

    /// Waits until nothing is going on: every node online on every balancer, nothing away from home, all beats where they
    /// belong. Each test begins and ends with it.
    func settled() async throws {
        try await eventually("every node is online and nothing is away from home", within: .seconds(90)) {
            for balancer in 1...self.balancerPorts.count {
                guard try await self.details(balancer: balancer).allSatisfy({ $0.isProven }) else { return false }
            }
            return try await self.openMoves() == 0
        }
        try await everyMonitorRunsWhereAssigned()
    }
}
