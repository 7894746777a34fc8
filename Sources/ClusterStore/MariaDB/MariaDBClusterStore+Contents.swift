package import ClusterCore
import MariaDB

private enum ContentSQL {
    /// InnoDB keeps the time of a table's last write in memory; the question opens no row. 30 µs on MariaDB 10.11.
    static let writes: Statement = """
        SELECT UNIX_TIMESTAMP() AS now_s,
            (SELECT CAST(UNIX_TIMESTAMP(update_time) AS SIGNED) FROM information_schema.tables
                WHERE table_schema = DATABASE() AND table_name = 'monitor') AS write_s,
            (SELECT value FROM cluster_setting WHERE name = 'monitor_edited') AS edit
        """

    /// Which columns there are depends on Kuma's version. Left out is who runs a monitor, which re-reading takes care of.
    static let columns: Statement = """
        SELECT column_name AS c FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'monitor'
            AND column_name NOT IN ('id', 'active', 'node_id', 'assigned_node')
        ORDER BY ordinal_position
        """

    /// `QUOTE` tells NULL from every text.
    static func contents(_ columns: [Identifier]) -> Statement {
        Statement(
            "SELECT id, LEFT(MD5(CONCAT_WS(',', ", of: columns, each: "QUOTE(", ")", separator: ", ",
            """
            )), 16) AS digest FROM monitor
                WHERE active = 1 AND (assigned_node = ? OR (assigned_node IS NULL AND node_id = ?))
            """)
    }

    static let announce: Statement = """
        INSERT INTO cluster_setting (name, value) VALUES ('monitor_edited', ?) ON DUPLICATE KEY UPDATE value = VALUES(value)
        """
}

extension MariaDBClusterStore: MonitorContentStore {
    package func monitorWrites() async throws(StoreError) -> MonitorWrites {
        let rows = try await query(ContentSQL.writes)
        return try decode { () throws(MariaDBError) in
            let (now, write, edit) = (try rows.column("now_s"), try rows.column("write_s"), try rows.column("edit"))
            guard let row = rows.first else { throw .misused(reason: "a row of constants is missing") }
            return MonitorWrites(
                lastWrite: try row.optionalInt(write), now: try row.int(now),
                edit: try row.optionalText(edit).map { EditMark(text: $0) })
        }
    }

    package func contents(ofMonitorsRunBy node: NodeID) async throws(StoreError) -> MonitorContents {
        let names = try await query(ContentSQL.columns)
        let columns = try decode { () throws(MariaDBError) in
            let name = try names.column("c")
            var columns: [Identifier] = []
            for row in names {
                // Kuma has no other; whoever adds one by hand does not have it followed.
                if let column = Identifier(try row.text(name)) { columns.append(column) }
            }
            return columns
        }
        let shape = columns.map(\.text)
        guard !columns.isEmpty else { return MonitorContents(columns: [], byMonitor: [:]) }
        let rows = try await query(ContentSQL.contents(columns), [.text(node.text), .text(node.text)])
        return try decode { () throws(MariaDBError) in
            let (id, digest) = (try rows.column("id"), try rows.column("digest"))
            var contents: [MonitorID: MonitorContent] = [:]
            for row in rows {
                guard let digest = try row.optionalText(digest) else { continue }
                contents[MonitorID(try row.int(id))] = MonitorContent(digest: digest)
            }
            return MonitorContents(columns: shape, byMonitor: contents)
        }
    }

    package func announceEdit(_ mark: EditMark) async throws(StoreError) {
        try await execute(ContentSQL.announce, [.text(mark.text)])
    }
}
