/// What a session asks of the host it is on.
extension Session {
    private static let facts: Statement = """
        SELECT LOWER(variable_name) AS name, variable_value AS value FROM information_schema.global_variables
        WHERE variable_name IN ('READ_ONLY', 'WSREP_ON', 'WSREP_PROVIDER')
        UNION ALL
        SELECT LOWER(variable_name), variable_value FROM information_schema.global_status
        WHERE variable_name IN ('WSREP_CLUSTER_STATUS', 'WSREP_READY', 'WSREP_LOCAL_STATE')
        """

    /// As the host says; changes nothing.
    func readFitness() throws(MariaDBError) -> HostFitness {
        let rows = try query(Session.facts)
        let (name, value) = (try rows.column("name"), try rows.column("value"))
        var facts: [String: String] = [:]
        for row in rows { facts[try row.text(name)] = try row.optionalText(value) }
        return HostFitness(facts)
    }

    /// Asks the host again how it is. Not with `wsrep_sync_wait`: on a Galera host that lost its cluster everything that
    /// waits so fails, this question too.
    /// - Parameter writeProbe: see `ConnectionOptions.writeProbe`; nil when no lock is suspected.
    func fitness(writeProbe: Statement?) throws(MariaDBError) -> HostFitness {
        try setOptionally("SET SESSION wsrep_sync_wait = 0")
        let fitness = try readFitness()
        try setOptionally("SET SESSION wsrep_sync_wait = 1")
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
