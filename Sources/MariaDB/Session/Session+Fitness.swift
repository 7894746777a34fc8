/// What a session asks of the host it is on.
extension Session {
    private static let facts: Statement = """
        SELECT LOWER(variable_name) AS name, variable_value AS value FROM information_schema.global_variables
        WHERE variable_name IN ('READ_ONLY', 'WSREP_ON', 'WSREP_PROVIDER')
        UNION ALL
        SELECT LOWER(variable_name), variable_value FROM information_schema.global_status
        WHERE variable_name IN ('WSREP_CLUSTER_STATUS', 'WSREP_READY', 'WSREP_LOCAL_STATE')
        """

    /// Asks the host how it is, and from then on has reads wait until the host is not behind the others. Without that, a
    /// change of hosts could show a leader the tables as they were before its own last writes. Asked before: on a Galera
    /// host that lost its cluster everything that waits so fails, this question too.
    /// - Parameter writeProbe: see `ConnectionOptions.writeProbe`; nil after a log-in, when no lock is suspected.
    func fitness(writeProbe: Statement? = nil) throws(MariaDBError) -> HostFitness {
        try setOptionally("SET SESSION wsrep_sync_wait = 0")
        let rows = try query(Session.facts)
        let (name, value) = (try rows.column("name"), try rows.column("value"))
        var facts: [String: String] = [:]
        for row in rows { facts[try row.text(name)] = try row.optionalText(value) }
        try setOptionally("SET SESSION wsrep_sync_wait = 1")
        let fitness = HostFitness(facts)
        switch fitness {
        case .fit, .lent:
            guard let writeProbe, try isLocked(against: writeProbe) else { return fitness }
            return .locked
        case .locked, .readOnly, .joining, .outsideCluster: return fitness
        }
    }

    private func isLocked(against probe: Statement) throws(MariaDBError) -> Bool {
        do throws(MariaDBError) {
            try perform(probe)
            return false
        } catch {
            switch error {
            case .conflict(code: 1205, _): return true
            // Before the schema is made, or without the right: then nothing is known.
            case .schemaMissing, .notPermitted: return false
            case .unavailable, .overloaded, .deadlineExceeded, .loginRefused, .conflict, .refused, .misused: throw error
            }
        }
    }
}
