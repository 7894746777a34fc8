package import ClusterCore
import MariaDB

/// An agent's statements. `last_report` is the agent's alone: a balancer that speaks for a silent node does not touch it.
private enum AgentSQL {
    /// The row is ours to write when nobody owns it, we do, its owner said good-bye, or its owner has fallen silent.
    /// A report more than `DatabaseClock.tolerance` in the future says nothing: the clock stepped back since.
    ///
    /// `status_since` is computed before `status_verdict` changes: MariaDB assigns from left to right. A host that Kuma
    /// left empty, or cut at 45 characters before we widened the column, is mended. The same walk over the node's monitors
    /// that counts them makes their `MonitorsMark`, which comes back as the statement's insert id: no other statement then
    /// has to ask every second. A host that is to stand there and does not makes the statement match nothing: what it was is
    /// read then, and no beat that changes nothing costs a second statement.
    static let report: Statement = """
        UPDATE node SET
            status_since = IF(status_verdict <=> ?, status_since, NOW(3)), status_verdict = ?, status = ?,
            agent_health = ?, agent_detail = ?, agent_instance = ?, agent_version = ?, ok_streak = ?, fail_streak = ?,
            probe_ms = ?, agent_interval_ms = ?, last_report = NOW(3), host = IF(COALESCE(host, '') IN ('', LEFT(?, 45)), ?, host),
            monitor_count = (SELECT COUNT(*) + 0 * LAST_INSERT_ID(BIT_XOR(
                    ((id & 2147483647) + 1640531527) * ((id ^ 2246822519) & 4294967295))) FROM monitor
                WHERE active = 1 AND (assigned_node = ? OR (assigned_node IS NULL AND node_id = ?)))
        WHERE node_id = ? AND (agent_instance IS NULL OR agent_instance = ? OR agent_health = 'detached'
            OR last_report IS NULL OR last_report < NOW(3) - INTERVAL ? MICROSECOND
            OR last_report > NOW(3) + INTERVAL 1 SECOND)
            AND (? IS NULL OR host <=> ?)
        """

    /// The same, on a database where Kuma has not made `monitor` yet.
    static let reportWithoutMonitors: Statement = """
        UPDATE node SET
            status_since = IF(status_verdict <=> ?, status_since, NOW(3)), status_verdict = ?, status = ?,
            agent_health = ?, agent_detail = ?, agent_instance = ?, agent_version = ?, ok_streak = ?, fail_streak = ?,
            probe_ms = ?, agent_interval_ms = ?, last_report = NOW(3), host = IF(COALESCE(host, '') IN ('', LEFT(?, 45)), ?, host),
            monitor_count = 0
        WHERE node_id = ? AND (agent_instance IS NULL OR agent_instance = ? OR agent_health = 'detached'
            OR last_report IS NULL OR last_report < NOW(3) - INTERVAL ? MICROSECOND
            OR last_report > NOW(3) + INTERVAL 1 SECOND)
            AND (? IS NULL OR host <=> ?)
        """

    static let owner: Statement = """
        SELECT agent_instance AS owner, TIMESTAMPDIFF(MICROSECOND, last_report, NOW(3)) AS age, host
        FROM node WHERE node_id = ?
        """

    static let replaceHost: Statement = """
        UPDATE node SET host = ?
        WHERE node_id = ? AND (agent_instance IS NULL OR agent_instance = ? OR agent_health = 'detached'
            OR last_report IS NULL OR last_report < NOW(3) - INTERVAL ? MICROSECOND
            OR last_report > NOW(3) + INTERVAL 1 SECOND)
        """

    static let register: Statement = """
        INSERT IGNORE INTO node (node_id, node_name, host, status, active, is_primary) VALUES (?, ?, ?, ?, 1, ?)
        """

    static let detach: Statement = """
        UPDATE node SET agent_health = 'detached' WHERE node_id = ? AND agent_instance = ?
        """

    /// Two ranges of one index, in one statement: every agent asks between its beats. Sorted here and not there.
    static let monitors: Statement = """
        SELECT id FROM monitor WHERE active = 1 AND (assigned_node = ? OR (assigned_node IS NULL AND node_id = ?))
        """

    static let setAdminState: Statement = "UPDATE node SET admin_state = ? WHERE node_id = ?"
}

extension MariaDBClusterStore {
    /// One UPDATE in the usual case. Where it matched nothing the row is missing – then it is registered –, says another
    /// host than it is to – then that is replaced –, or another agent owns it. After the first two the UPDATE is repeated.
    package func report(_ report: AgentReport) async throws(StoreError) -> ReportAnswer {
        switch try await write(report) {
        case .written(let mark): return ReportAnswer(.written, mark: mark)
        case .notOurs: break
        }
        let row = try await row(of: report.node)
        var replaced: String?
        if row == nil {
            try await execute(
                AgentSQL.register,
                [
                    .text(report.node.text), .text(report.name), .text(report.host), .text(report.status.rawValue),
                    .int(report.isPrimary ? 1 : 0),
                ])
        } else if report.hostPrecedence == .agent, row?.host != report.host {
            let values: [Value] = [.text(report.host)] + MariaDBClusterStore.ownership(of: report)
            let effect = try await execute(AgentSQL.replaceHost, values)
            if effect.matchedRows > 0 { replaced = row?.host ?? "" }
        }
        if row == nil || replaced != nil {
            switch try await write(report) {
            case .written(let mark):
                return ReportAnswer(row == nil ? .registered : .written, mark: mark, replacedHost: replaced)
            case .notOurs: break
            }
        }
        return ReportAnswer(try await conflict(report))
    }

    /// What the row says of its owner and its address; nil when there is no row.
    private func row(
        of node: NodeID
    ) async throws(StoreError) -> (owner: String?, age: Int64?, host: String?)? {
        let rows = try await query(AgentSQL.owner, [.text(node.text)])
        return try decode { () throws(MariaDBError) in
            guard let row = rows.first else { return nil }
            return (
                try row.optionalText(try rows.column("owner")), try row.optionalInt(try rows.column("age")),
                try row.optionalText(try rows.column("host"))
            )
        }
    }

    private func conflict(_ report: AgentReport) async throws(StoreError) -> ReportOutcome {
        guard let row = try await row(of: report.node), let owner = row.owner, let age = row.age,
            owner != report.instance.text
        else {
            // The row went away, lost its owner or got another host in between: the next beat writes it.
            throw .unavailable(reason: "the row of node \(report.node) changed while it was being written")
        }
        return .conflict(with: AgentInstance(text: owner), age: .microseconds(age))
    }

    /// The values of the condition that a row is this agent's to write.
    private static func ownership(of report: AgentReport) -> [Value] {
        [.text(report.node.text), .text(report.instance.text), .int(AgentReport.ownershipTTL.microseconds)]
    }

    private enum Writing {
        case written(MonitorsMark?)
        /// There is no row, it is another agent's, or it says another host than it is to.
        case notOurs
    }

    private func write(_ report: AgentReport) async throws(StoreError) -> Writing {
        let status = Value.text(report.status.rawValue)
        let node = Value.text(report.node.text)
        let ours: [Value] = [
            status, status, status, .text(report.health.rawValue), .text(report.detail), .text(report.instance.text),
            .text(report.version), .int(report.okStreak), .int(report.failStreak),
            .int(report.probeTime.microseconds / 1000), .int(report.interval.microseconds / 1000), .text(report.host),
            .text(report.host),
        ]
        let demanded: Value =
            switch report.hostPrecedence {
            case .row: .null
            case .agent: .text(report.host)
            }
        let condition = MariaDBClusterStore.ownership(of: report) + [demanded, demanded]
        do throws(MariaDBError) {
            let effect = try await connection.execute(AgentSQL.report, ours + [node, node] + condition)
            return effect.matchedRows > 0 ? .written(MonitorsMark(number: effect.lastInsertID)) : .notOurs
        } catch .schemaMissing {
            // Either Kuma has not made `monitor` yet, or something of `node` is missing, and then this fails again.
            let effect = try await execute(AgentSQL.reportWithoutMonitors, ours + condition)
            return effect.matchedRows > 0 ? .written(nil) : .notOurs
        } catch { throw StoreError(error) }
    }

    package func detach(_ node: NodeID, instance: AgentInstance) async throws(StoreError) {
        try await execute(AgentSQL.detach, [.text(node.text), .text(instance.text)])
    }

    package func monitors(runBy node: NodeID) async throws(StoreError) -> [MonitorID] {
        let rows: Rows
        do throws(MariaDBError) {
            rows = try await connection.query(AgentSQL.monitors, [.text(node.text), .text(node.text)])
        } catch .schemaMissing { return [] } catch { throw StoreError(error) }
        return try decode { () throws(MariaDBError) in
            let id = try rows.column("id")
            var monitors: [MonitorID] = []
            for row in rows { monitors.append(MonitorID(try row.int(id))) }
            return monitors.sorted()
        }
    }

    package func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool {
        try await execute(AgentSQL.setAdminState, [.text(state.rawValue), .text(node.text)]).matchedRows > 0
    }
}
