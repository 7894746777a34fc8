import MariaDB

/// Compares `information_schema` with what we need and adds what is missing. Two processes may run it at once: every
/// statement says IF NOT EXISTS, or changes nothing when repeated.
struct SchemaMigration {
    private static let columns: Statement = """
        SELECT table_name AS t, column_name AS c, character_maximum_length AS w FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name IN ('node', 'monitor', 'cluster_schema', 'cluster_lease',
            'cluster_move', 'cluster_event', 'cluster_setting', 'cluster_balancer',
            'cluster_job')
        """
    private static let indexes: Statement = """
        SELECT DISTINCT table_name AS t, column_name AS c FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'monitor' AND seq_in_index = 1
        """
    private static let readVersion: Statement = "SELECT version AS v FROM cluster_schema WHERE id = 1"
    private static let writeVersion: Statement = """
        INSERT INTO cluster_schema (id, version) VALUES (1, ?) ON DUPLICATE KEY UPDATE version = GREATEST(version, ?)
        """

    let connection: Connection

    func run() async throws(StoreError) -> SchemaReport {
        let present = try await read()
        let tables = Set(present.map(\.table))
        let waiting = ["node", "monitor"].filter { !tables.contains($0) }
        // A database without it belongs to a stock Kuma, or to nobody yet: nothing of ours is left behind there.
        guard tables.contains("node") else { return SchemaReport(added: [], waitingForKuma: waiting) }
        var steps = SchemaSQL.own + SchemaSQL.onNode
        if tables.contains("monitor") { steps += SchemaSQL.onMonitor }
        let missing = steps.filter { !present.contains($0.sign) }
        try await add(missing)
        try await finish()
        return SchemaReport(added: missing.map(\.sign.name), waitingForKuma: waiting)
    }

    /// Every sign that holds now.
    private func read() async throws(StoreError) -> Set<SchemaStep.Sign> {
        do throws(MariaDBError) {
            var signs: Set<SchemaStep.Sign> = []
            let rows = try await connection.query(SchemaMigration.columns)
            let (table, column, width) = (try rows.column("t"), try rows.column("c"), try rows.column("w"))
            for row in rows {
                let (table, column) = (try row.text(table), try row.text(column))
                signs.insert(.table(table))
                signs.insert(.column(table: table, column: column))
                if table == "node", column == "host", try row.optionalInt(width) ?? 0 >= 255 {
                    signs.insert(.width(table: table, column: column, characters: 255))
                }
            }
            let indexRows = try await connection.query(SchemaMigration.indexes)
            let (indexTable, indexColumn) = (try indexRows.column("t"), try indexRows.column("c"))
            for row in indexRows {
                signs.insert(.index(table: try row.text(indexTable), column: try row.text(indexColumn)))
            }
            return signs
        } catch { throw StoreError(error) }
    }

    private func add(_ missing: [SchemaStep]) async throws(StoreError) {
        for (index, step) in missing.enumerated() {
            do throws(MariaDBError) { try await connection.execute(step.sql) } catch {
                switch error {
                case .notPermitted(_, let reason):
                    throw .notPermitted(reason: reason, sql: missing[index...].map { $0.sql.oneLine + ";" })
                case .unavailable, .overloaded, .deadlineExceeded, .loginRefused, .schemaMissing, .conflict, .refused,
                    .misused:
                    throw StoreError(error)
                }
            }
        }
    }

    /// Notes the version where it is not noted. Whoever may not leaves it to somebody who may – an agent to the balancers –,
    /// for nothing depends on it but what a person sees.
    private func finish() async throws(StoreError) {
        do throws(MariaDBError) {
            let rows = try await connection.query(SchemaMigration.readVersion)
            let version = try rows.column("v")
            if let row = rows.first, try row.int(version) >= SchemaSQL.version { return }
            try await connection.execute(
                SchemaMigration.writeVersion, [.int(SchemaSQL.version), .int(SchemaSQL.version)])
        } catch .notPermitted {
            return
        } catch { throw StoreError(error) }
    }
}
