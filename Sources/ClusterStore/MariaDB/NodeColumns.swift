import ClusterCore
import MariaDB

/// The `node` columns of an answer, looked up once, and how a row becomes a `NodeRecord`.
struct NodeColumns {
    private let id, name, host, status, isPrimary, adminState, monitorCount: Rows.Column
    private let health, detail, instance, version, okStreak, failStreak, probe, interval: Rows.Column
    private let reportAge, statusAge, lastSeen: Rows.Column

    init(_ rows: Rows) throws(MariaDBError) {
        id = try rows.column("node_id")
        name = try rows.column("node_name")
        host = try rows.column("host")
        status = try rows.column("status")
        isPrimary = try rows.column("is_primary")
        adminState = try rows.column("admin_state")
        monitorCount = try rows.column("monitor_count")
        health = try rows.column("agent_health")
        detail = try rows.column("agent_detail")
        instance = try rows.column("agent_instance")
        version = try rows.column("agent_version")
        okStreak = try rows.column("ok_streak")
        failStreak = try rows.column("fail_streak")
        probe = try rows.column("probe_ms")
        interval = try rows.column("agent_interval_ms")
        reportAge = try rows.column("report_age")
        statusAge = try rows.column("status_age")
        lastSeen = try rows.column("last_seen")
    }

    /// - Returns: the record, or why the row is no node of ours.
    func record(_ row: Row) throws(MariaDBError) -> Result<NodeRecord, RejectedRow> {
        let (nodeID, nodeStatus): (NodeID, NodeStatus)
        let agentHealth: AgentHealth?
        do throws(RejectedRow) {
            (nodeID, nodeStatus) = try RejectedRow.check(id: text(row, id), status: text(row, status))
            agentHealth = try RejectedRow.check(health: optionalText(row, health), of: nodeID)
        } catch { return .failure(error) }
        return .success(
            NodeRecord(
                id: nodeID, name: try row.optionalText(name) ?? nodeID.text, host: try row.optionalText(host),
                status: nodeStatus, isPrimary: try row.optionalInt(isPrimary) ?? 0 != 0,
                adminState: AdminWord(column: text(row, adminState)),
                monitorCount: Int(try row.int(monitorCount)), agentHealth: agentHealth,
                agentDetail: try row.optionalText(detail),
                agentInstance: try row.optionalText(instance).map(AgentInstance.init(text:)),
                agentVersion: try row.optionalText(version), okStreak: Int(try row.int(okStreak)),
                failStreak: Int(try row.int(failStreak)),
                probeTime: try row.optionalInt(probe).map { .milliseconds($0) },
                agentInterval: try row.optionalInt(interval).flatMap { $0 > 0 ? .milliseconds($0) : nil },
                reportAge: try row.optionalInt(reportAge).map { .microseconds($0) },
                statusAge: try row.optionalInt(statusAge).map { .microseconds($0) },
                lastSeen: try row.optionalText(lastSeen)))
    }

    private func text(_ row: Row, _ column: Rows.Column) -> String { optionalText(row, column) ?? "" }

    private func optionalText(_ row: Row, _ column: Rows.Column) -> String? {
        switch row.value(column) {
        case .text(let text): text
        case .null, .int, .uint, .double, .bytes: nil
        }
    }
}
