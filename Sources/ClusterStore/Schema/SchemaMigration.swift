import MariaDB

/// Compares `information_schema` with what we need and adds what is missing. Two processes may run it at once: every
/// statement says IF NOT EXISTS, or changes nothing when repeated; and they take turns at Kuma's own tables.
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

    private static let both = Statement(joining: "BEGIN NOT ATOMIC", columns, ";", indexes, "; END")

    let connection: Connection

    /// - Throws: `.contended` when a table of Kuma's is in use, or another process has its turn at them: nothing waits for
    ///   that, here or in the database, and to try again is the caller's.
    func run() async throws(StoreError) -> SchemaReport {
        let present = try await read()
        let tables = Set(present.map(\.table))
        let waiting = ["node", "monitor"].filter { !tables.contains($0) }
        // A database without it belongs to a stock Kuma, or to nobody yet: nothing of ours is left behind there.
        guard tables.contains("node") else { return SchemaReport(added: [], waitingForKuma: waiting) }
        let making = SchemaSQL.own.filter { !present.contains($0.sign) }
        var altering = SchemaSQL.onNode
        if tables.contains("monitor") { altering += SchemaSQL.onMonitor }
        altering = altering.filter { !present.contains($0.sign) }
        let missing = making + altering
        try await SchemaMigration.orTell(missing) { () async throws(MariaDBError) in
            for statement in SchemaStep.statements(for: making) { try await connection.execute(statement) }
        }
        if !altering.isEmpty { try await alter(altering) }
        try await finish()
        return SchemaReport(added: missing.map(\.sign.name), waitingForKuma: waiting)
    }

    /// Every sign that holds now.
    private func read() async throws(StoreError) -> Set<SchemaStep.Sign> {
        do throws(MariaDBError) {
            var signs: Set<SchemaStep.Sign> = []
            let found = try await connection.queries(SchemaMigration.both)
            guard let rows = found.first, let indexRows = found.last else { return [] }
            let (table, column, width) = (try rows.column("t"), try rows.column("c"), try rows.column("w"))
            for row in rows {
                let (table, column) = (try row.text(table), try row.text(column))
                signs.insert(.table(table))
                signs.insert(.column(table: table, column: column))
                if table == "node", column == "host", try row.optionalInt(width) ?? 0 >= 255 {
                    signs.insert(.width(table: table, column: column, characters: 255))
                }
            }
            let (indexTable, indexColumn) = (try indexRows.column("t"), try indexRows.column("c"))
            for row in indexRows {
                signs.insert(.index(table: try row.text(indexTable), column: try row.text(indexColumn)))
            }
            return signs
        } catch { throw StoreError(error) }
    }

    private func alter(_ steps: [SchemaStep]) async throws(StoreError) {
        let turn: SchemaTurn?
        do throws(MariaDBError) { turn = try await SchemaTurn(on: connection) } catch {
            // Whoever may alter Kuma's tables and not write ours goes without a turn; that too waits for nobody.
            guard case .notPermitted = error else { throw StoreError(error) }
            return try await alterNow(steps)
        }
        guard let turn else {
            throw .contended(reason: "another process is about to alter Kuma's tables, or pauses before it tries again")
        }
        do throws(StoreError) { try await alterNow(steps) } catch {
            // The turn ends by itself when this cannot be said.
            if case .contended = error { try? await turn.putOff() } else { try? await turn.end() }
            throw error
        }
        do throws(MariaDBError) { try await turn.end() } catch { throw StoreError(error) }
    }

    private func alterNow(_ steps: [SchemaStep]) async throws(StoreError) {
        try await SchemaMigration.orTell(steps) { () async throws(MariaDBError) in
            for statement in SchemaStep.statements(for: steps) { try await connection.execute(statement) }
        }
    }

    /// - Throws: `.notPermitted` with the SQL of all of `steps`, which may be repeated.
    private static func orTell(
        _ steps: [SchemaStep], _ work: () async throws(MariaDBError) -> Void
    ) async throws(StoreError) {
        do throws(MariaDBError) { try await work() } catch {
            switch error {
            case .notPermitted(_, let reason):
                throw .notPermitted(reason: reason, sql: steps.map { $0.sql.oneLine + ";" })
            case .conflict(_, let reason):
                throw .contended(
                    reason:
                        "a table of Kuma's is in use, by a dump or another long transaction, and is altered when that "
                        + "has ended: \(reason)")
            case .unavailable, .overloaded, .deadlineExceeded, .loginRefused, .schemaMissing, .refused, .misused:
                throw StoreError(error)
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
