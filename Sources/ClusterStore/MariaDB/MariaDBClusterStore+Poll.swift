package import ClusterCore
import MariaDB

private enum PollSQL {
    static let nodes: Statement = """
        SELECT node_id, node_name, host, status, is_primary, admin_state, monitor_count, agent_health, agent_detail,
            agent_instance, agent_version, ok_streak, fail_streak, probe_ms, agent_interval_ms,
            TIMESTAMPDIFF(MICROSECOND, last_report, NOW(3)) AS report_age,
            TIMESTAMPDIFF(MICROSECOND, status_since, NOW(3)) AS status_age,
            DATE_FORMAT(last_seen, '%Y-%m-%dT%H:%i:%sZ') AS last_seen
        FROM node WHERE active = 1 ORDER BY node_id
        """

    static let node: Statement = """
        SELECT node_id, node_name, host, status, is_primary, admin_state, monitor_count, agent_health, agent_detail,
            agent_instance, agent_version, ok_streak, fail_streak, probe_ms, agent_interval_ms,
            TIMESTAMPDIFF(MICROSECOND, last_report, NOW(3)) AS report_age,
            TIMESTAMPDIFF(MICROSECOND, status_since, NOW(3)) AS status_age,
            DATE_FORMAT(last_seen, '%Y-%m-%dT%H:%i:%sZ') AS last_seen
        FROM node WHERE node_id = ?
        """

    /// All that each poll reads, in one round trip.
    static let poll = Statement(
        joining: "BEGIN NOT ATOMIC", nodes, ";", OrderSQL.setUpAndOrders, ";", fingerprint, "; END")

    static let isSetUp: Statement = "SELECT EXISTS (SELECT 1 FROM `user`) AS is_set_up"

    /// XOR over one 64-bit number for each monitor. CRC-32 alone is linear: two monitors that move alike would cancel each
    /// other. Multiplying by a second checksum, of the id, breaks that; the product fits 64 bits.
    static let fingerprint: Statement = """
        SELECT COUNT(*) AS monitors,
            BIT_XOR(
                CRC32(CONCAT_WS('|', id, active, COALESCE(CONCAT('=', node_id), '-'),
                    COALESCE(CONCAT('=', assigned_node), '-')))
                * (CRC32(id) | 1)) AS checksum
        FROM monitor
        """

    /// Sorted here and not there: `ORDER BY id` would read Kuma's wide rows instead of our index.
    static let assignments: Statement = "SELECT id, active, node_id, assigned_node FROM monitor"

    /// As above, for a recount.
    static let activeAssignments: Statement = """
        SELECT id, active, node_id, assigned_node FROM monitor WHERE active = 1
        """

    static let counts: Statement = "SELECT node_id, monitor_count FROM node WHERE active = 1 ORDER BY node_id"

    static let setCounts: Statement = """
        UPDATE node n JOIN JSON_TABLE(?, '$[*]' COLUMNS (node_id VARCHAR(50) PATH '$[0]', c BIGINT PATH '$[1]')) j
            ON n.node_id = CONVERT(j.node_id USING utf8mb4) COLLATE utf8mb4_bin
        SET n.monitor_count = j.c
        """
}

extension MariaDBClusterStore {
    package func poll() async throws(StoreError) -> PollAnswer {
        do throws(MariaDBError) {
            let found = try await connection.queries(PollSQL.poll)
            guard found.count == 3 else { throw .misused(reason: "\(found.count) answers for 3 questions") }
            let (nodes, rejected) = try MariaDBClusterStore.records(found[0])
            let (isSetUp, orders, time) = try MariaDBClusterStore.setUpAndOrders(found[1])
            return PollAnswer(
                nodes: nodes, rejectedRows: rejected, isSetUp: isSetUp,
                fingerprint: try MariaDBClusterStore.fingerprint(found[2]), orders: orders, time: time)
        } catch .schemaMissing { return try await pollOneByOne() } catch { throw StoreError(error) }
    }

    /// Where tables are missing, of Kuma or of ours, what the others say counts all the same.
    private func pollOneByOne() async throws(StoreError) -> PollAnswer {
        let (nodes, rejected) = try await records(PollSQL.nodes, [])
        let (isSetUp, orders, time) = try await setUpAndOrders()
        return PollAnswer(
            nodes: nodes, rejectedRows: rejected, isSetUp: isSetUp, fingerprint: try await fingerprint(),
            orders: orders, time: time)
    }

    package func node(_ id: NodeID) async throws(StoreError) -> NodeRecord? {
        let (nodes, rejected) = try await records(PollSQL.node, [.text(id.text)])
        if let reason = rejected.first { throw .refused(code: 0, reason: reason) }
        return nodes.first
    }

    private func records(
        _ statement: Statement, _ values: [Value]
    ) async throws(StoreError) -> (nodes: [NodeRecord], rejected: [String]) {
        let rows = try await query(statement, values)
        return try decode { () throws(MariaDBError) in try MariaDBClusterStore.records(rows) }
    }

    private static func records(_ rows: Rows) throws(MariaDBError) -> (nodes: [NodeRecord], rejected: [String]) {
        let columns = try NodeColumns(rows)
        var (nodes, rejected): ([NodeRecord], [String]) = ([], [])
        for row in rows {
            switch try columns.record(row) {
            case .success(let node): nodes.append(node)
            case .failure(let reason): rejected.append(reason.description)
            }
        }
        return (nodes.sorted { $0.id < $1.id }, rejected)
    }

    /// One query for both. Without our own tables the orders are unknown, which is not the same as none.
    private func setUpAndOrders() async throws(StoreError) -> (isSetUp: Bool, orders: StandingOrders, time: Duration?) {
        let rows: Rows
        do throws(MariaDBError) { rows = try await connection.query(OrderSQL.setUpAndOrders) } catch .schemaMissing {
            var unknown = StandingOrders()
            unknown.source = .unreadable
            return (try await isSetUp(), unknown, nil)
        } catch { throw StoreError(error) }
        return try decode { () throws(MariaDBError) in try MariaDBClusterStore.setUpAndOrders(rows) }
    }

    private static func setUpAndOrders(
        _ rows: Rows
    ) throws(MariaDBError) -> (isSetUp: Bool, orders: StandingOrders, time: Duration?) {
        let isSetUp = try rows.first?.int(try rows.column("is_set_up")) == 1
        let time = try rows.first?.int(try rows.column("now_ms"))
        return (isSetUp, try StandingOrders(rows), time.map { .milliseconds($0) })
    }

    /// False while `user` is missing too: then Kuma has not finished its first start.
    private func isSetUp() async throws(StoreError) -> Bool {
        let rows: Rows
        do throws(MariaDBError) { rows = try await connection.query(PollSQL.isSetUp) } catch .schemaMissing {
            return false
        } catch { throw StoreError(error) }
        return try decode { () throws(MariaDBError) in
            let column = try rows.column("is_set_up")
            return try rows.first?.int(column) == 1
        }
    }

    private func fingerprint() async throws(StoreError) -> AssignmentFingerprint {
        let rows: Rows
        do throws(MariaDBError) { rows = try await connection.query(PollSQL.fingerprint) } catch .schemaMissing {
            return AssignmentFingerprint(count: 0, checksum: 0)
        } catch { throw StoreError(error) }
        return try decode { () throws(MariaDBError) in try MariaDBClusterStore.fingerprint(rows) }
    }

    private static func fingerprint(_ rows: Rows) throws(MariaDBError) -> AssignmentFingerprint {
        let (count, checksum) = (try rows.column("monitors"), try rows.column("checksum"))
        guard let row = rows.first else { return AssignmentFingerprint(count: 0, checksum: 0) }
        return AssignmentFingerprint(count: Int(try row.int(count)), checksum: try row.uint(checksum))
    }

    package func assignments() async throws(StoreError) -> [MonitorAssignment] {
        let rows: Rows
        do throws(MariaDBError) { rows = try await connection.query(PollSQL.assignments) } catch .schemaMissing {
            return []
        } catch { throw StoreError(error) }
        return try decode { () throws(MariaDBError) in try MariaDBClusterStore.assignments(rows) }
    }

    private static func assignments(_ rows: Rows) throws(MariaDBError) -> [MonitorAssignment] {
        let (id, active) = (try rows.column("id"), try rows.column("active"))
        let (home, assigned) = (try rows.column("node_id"), try rows.column("assigned_node"))
        var monitors: [MonitorAssignment] = []
        monitors.reserveCapacity(rows.count)
        for row in rows {
            monitors.append(
                MonitorAssignment(
                    id: MonitorID(try row.int(id)), isActive: try row.optionalInt(active) ?? 0 == 1,
                    home: try row.optionalText(home).map(NodeReference.init(text:)),
                    assigned: try row.optionalText(assigned).map(NodeReference.init(text:))))
        }
        return monitors.sorted { $0.id < $1.id }
    }

    /// Counted here and not there: a column of `node` compared with one of `monitor` is an error (1267) wherever the two have
    /// different collations, as they do when a later server's default made one of them.
    package func recountMonitors() async throws(StoreError) -> [MonitorRecount] {
        do throws(MariaDBError) {
            return try await connection.transaction { session throws(MariaDBError) in
                let rows = try session.query(PollSQL.counts)
                let (node, before) = (try rows.column("node_id"), try rows.column("monitor_count"))
                let census = AssignmentCensus(
                    of: try MariaDBClusterStore.assignments(try session.query(PollSQL.activeAssignments)))
                var recounts: [MonitorRecount] = []
                for row in rows {
                    guard let id = try? NodeID(try row.text(node)) else { continue }
                    recounts.append(
                        MonitorRecount(node: id, before: Int(try row.int(before)), after: census[id].effective))
                }
                var changes = JSONRows()
                for recount in recounts where recount.before != recount.after {
                    changes.append([.text(recount.node.text), .number(Int64(recount.after))])
                }
                try session.execute(PollSQL.setCounts, [changes.value])
                return .commit(recounts)
            }
        } catch { throw StoreError(error) }
    }
}
