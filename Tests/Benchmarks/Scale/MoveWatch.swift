import ClusterCore
import MariaDB

/// Watches one node's monitors leave by looking at the last one, which goes last: moves are planned in the order of ids. To
/// ask the index whether anybody is left would read past every entry that was just moved, and slow down what is measured.
struct MoveWatch: Sendable {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    func untilReported(_ count: Int) async throws {
        try await until {
            try await number(
                "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE last_report > NOW(3) - INTERVAL 5 SECOND"
            ) >= count
        }
    }

    /// - Returns: JSON: seconds from the kill until the node is offline in the database, until its first batch of monitors
    ///   is moved, and until the last one is.
    func follow(_ node: NodeID, _ kill: () -> Void) async throws -> String {
        let name = Value.text(node.text)
        let last = try await answered("SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) AS n FROM cluster_move")
        let final = try await answered(
            """
            SELECT CAST(GREATEST(COALESCE((SELECT MAX(id) FROM monitor WHERE assigned_node = ?), 0),
                COALESCE((SELECT MAX(id) FROM monitor WHERE assigned_node IS NULL AND node_id = ?), 0)) AS SIGNED) AS n
            """, [name, name])
        let start = ContinuousClock.now
        kill()
        try await until {
            try await number(
                "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE node_id = ? AND status = 'offline'", [name]) > 0
        }
        let offline = start.duration(to: .now)
        try await until {
            try await number("SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) AS n FROM cluster_move") > last
        }
        let first = start.duration(to: .now)
        try await until {
            try await number(
                "SELECT COALESCE(assigned_node, node_id) <> ? AS n FROM monitor WHERE id = ?",
                [name, .int(final)]) == 1
        }
        let moved = start.duration(to: .now)
        let left = try await answered(
            "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM monitor WHERE COALESCE(assigned_node, node_id) = ?", [name])
        guard left == 0 else { throw MovedOutOfOrder(left: left) }
        return
            #"{"offline": \#(offline / .seconds(1)), "first": \#(first / .seconds(1)), "moved": \#(moved / .seconds(1))}"#
    }

    private func number(_ statement: Statement, _ values: [Value] = []) async throws -> Int64 {
        let rows = try await connection.query(statement, values)
        return try rows.first?.int(try rows.column("n")) ?? 0
    }

    /// The same from a database that may be too busy at first.
    private func answered(_ statement: Statement, _ values: [Value] = []) async throws -> Int64 {
        var answer: Int64 = 0
        try await until {
            answer = try await number(statement, values)
            return true
        }
        return answer
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                if try await condition() { return }
            } catch {
                // A database that is too busy to answer is part of what is measured.
                guard ContinuousClock.now < deadline else { throw error }
            }
            guard ContinuousClock.now < deadline else { throw WatchedInVain() }
            // Pace: the resolution of the figures.
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// What was waited for did not come within two minutes.
struct WatchedInVain: Error, CustomStringConvertible {
    var description: String { "what was waited for did not come within two minutes" }
}

/// Some monitors were left behind the last one.
struct MovedOutOfOrder: Error, CustomStringConvertible {
    let left: Int64

    var description: String { "\(left) monitors were left behind the last one" }
}
