package import ClusterCore
import MariaDB

enum HistorySQL {
    static let append: Statement = """
        INSERT INTO cluster_event (at, node_id, kind, detail)
        SELECT NOW(3), j.node, j.kind, j.detail
        FROM JSON_TABLE(?, '$[*]' COLUMNS (position FOR ORDINALITY, node VARCHAR(50) PATH '$[0]',
            kind VARCHAR(40) PATH '$[1]', detail VARCHAR(500) PATH '$[2]')) j ORDER BY j.position
        """

    /// Writes of a move in the transaction that makes it, so that neither is without the other when the answer is lost or
    /// its leader dies. The next `record` trims. A history that cannot be written, or that somebody keeps locked, keeps no
    /// monitor from being moved; the answer says whether the transaction survived that. Out of time (1969) is out of time: that
    /// handler would swallow it, and nothing after it would have a limit.
    static let appendBeside = Statement(
        joining: """
            BEGIN
                DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
                DECLARE EXIT HANDLER FOR 1969 RESIGNAL;
            """, append,
        "; END; SELECT @@in_transaction AS is_open")

    /// The oldest row to keep, counted and not by id: on Galera ids have gaps. The value is one less than the rows to keep.
    static let oldestKept: Statement = "SELECT id FROM cluster_event ORDER BY id DESC LIMIT 1 OFFSET ?"

    /// The end of the kept rows is a variable, and not a sub-select of the DELETE: for that MariaDB would read, and lock, every
    /// row there is.
    static let appendAndTrim = Statement(
        joining: "BEGIN NOT ATOMIC", append, "; BEGIN DECLARE oldest BIGINT DEFAULT (", oldestKept,
        "); DELETE FROM cluster_event WHERE id < oldest; END; END")

    static let begin = Statement(joining: "BEGIN NOT ATOMIC START TRANSACTION;", appendAndTrim, "; END")

    /// Words that we do not know are left out here and not later: a page is full as long as there is more.
    static let read: Statement = """
        SELECT id, CONCAT(LEFT(DATE_FORMAT(at, '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z') AS at, node_id, kind, detail
        FROM cluster_event
        WHERE id < ? AND (? IS NULL OR node_id = ?) AND FIND_IN_SET(kind, ?)
        ORDER BY id DESC LIMIT ?
        """

    static let announce: Statement = """
        INSERT INTO cluster_balancer (id, address, version, last_seen) VALUES (?, ?, ?, NOW(3))
        ON DUPLICATE KEY UPDATE address = VALUES(address), version = VALUES(version), last_seen = VALUES(last_seen)
        """

    static let dropUnseen: Statement = """
        DELETE FROM cluster_balancer WHERE last_seen < NOW(3) - INTERVAL ? MICROSECOND
        """

    /// A closed entry serves people only; a month of them is enough. A bounded piece at a time.
    static let dropOldMoves: Statement = """
        DELETE FROM cluster_move WHERE returned_at < NOW(3) - INTERVAL 30 DAY ORDER BY returned_at LIMIT 1000
        """

    /// Closed entries beyond the newest ids, a bounded piece at a time. By the distance of ids and not counted: that costs
    /// nothing, and the gaps that ids have on Galera only make it keep less.
    static let surplusMoves: Statement = """
        SELECT id FROM cluster_move
        WHERE id <= (SELECT MAX(id) FROM cluster_move) - ? AND returned_at IS NOT NULL ORDER BY id LIMIT 1000
        """

    /// By id, so that it waits for no open entry that a leader has locked.
    static let dropMoves: Statement = """
        DELETE c FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]')) j
        STRAIGHT_JOIN cluster_move c FORCE INDEX (PRIMARY) ON c.id = j.id WHERE c.returned_at IS NOT NULL
        """

    static let balancers: Statement = """
        SELECT id, address, version, TIMESTAMPDIFF(MICROSECOND, last_seen, NOW(3)) AS age
        FROM cluster_balancer ORDER BY id
        """

    /// Each of these is a transaction of its own, all are one round trip.
    static let announceAndList = Statement(
        joining: "BEGIN NOT ATOMIC", announce, ";", dropUnseen, ";", dropOldMoves, ";", surplusMoves, ";", balancers,
        "; END")

    static let readBoth = Statement(joining: "BEGIN NOT ATOMIC", read, ";", OrderSQL.moves, "; END")
}

extension MariaDBClusterStore {
    package func record(_ events: [ClusterEvent]) async throws(StoreError) {
        guard !events.isEmpty else { return }
        // Only the newest could survive the trimming.
        let first = max(0, events.count - HistoryLimits.events)
        let pages = stride(from: first, to: events.count, by: HistoryLimits.page).map { start in
            MariaDBClusterStore.rows(of: events[start..<min(start + HistoryLimits.page, events.count)])
        }
        do throws(MariaDBError) {
            // In one transaction: a caller repeats what failed, and a failed trimming must not leave the rows behind.
            try await connection.transaction(begins: .body) { session throws(MariaDBError) in
                let kept = Value.int(HistoryLimits.events - 1)
                for (index, page) in pages.enumerated() {
                    try session.execute(index == 0 ? HistorySQL.begin : HistorySQL.appendAndTrim, [page, kept])
                }
                return .commit(())
            }
        } catch { throw StoreError(error) }
    }

    static func rows(of events: some Sequence<ClusterEvent>) -> Value {
        var rows = JSONRows()
        for event in events {
            rows.append([.optional(event.node?.text), .text(event.kind.rawValue), .text(event.detail)])
        }
        return rows.value
    }

    /// Passes over kinds that a newer release wrote.
    package func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent] {
        let rows = try await self.query(HistorySQL.read, MariaDBClusterStore.values(of: query))
        return try recordedEvents(rows)
    }

    private static func values(of query: EventQuery) -> [Value] {
        let node = Value.optional(query.node?.text)
        let kinds = query.kind.map { [$0] } ?? ClusterEvent.Kind.allCases
        return [
            .int(query.before ?? .max), node, node, .text(kinds.map(\.rawValue).joined(separator: ",")),
            .int(min(max(query.limit, 1), HistoryLimits.page)),
        ]
    }

    package func history(newest count: Int) async throws(StoreError) -> (events: [RecordedEvent], moves: [RecordedMove])
    {
        let values =
            MariaDBClusterStore.values(of: EventQuery(limit: count))
            + MariaDBClusterStore.values(of: MoveQuery(limit: count))
        let found: [Rows]
        do throws(MariaDBError) {
            found = try await connection.queries(HistorySQL.readBoth, values)
            // Never an empty history: it would take the place of what is known.
            guard found.count == 2 else { throw .misused(reason: "\(found.count) answers for 2 questions") }
        } catch { throw StoreError(error) }
        return (try recordedEvents(found[0]), try recordedMoves(found[1]))
    }

    private func recordedEvents(_ rows: Rows) throws(StoreError) -> [RecordedEvent] {
        try decode { () throws(MariaDBError) in
            let (id, at, node) = (try rows.column("id"), try rows.column("at"), try rows.column("node_id"))
            let (kind, detail) = (try rows.column("kind"), try rows.column("detail"))
            var events: [RecordedEvent] = []
            for row in rows {
                guard let kind = ClusterEvent.Kind(rawValue: try row.text(kind)) else { continue }
                let named = try row.optionalText(node).flatMap { try? NodeID($0) }
                events.append(
                    RecordedEvent(
                        id: try row.int(id), at: try row.optionalText(at) ?? "",
                        event: ClusterEvent(kind, node: named, detail: try row.text(detail))))
            }
            return events
        }
    }

    @discardableResult
    package func announce(_ balancer: BalancerPresence) async throws(StoreError) -> [BalancerRecord] {
        let found: [Rows]
        do throws(MariaDBError) {
            found = try await connection.queries(
                HistorySQL.announceAndList,
                [
                    .text(balancer.id.text), .text(balancer.address), .text(balancer.version),
                    .int(PresenceLimits.keep.microseconds), .int(HistoryLimits.moves),
                ])
            guard found.count == 2 else { throw .misused(reason: "\(found.count) answers for 2 questions") }
        } catch { throw StoreError(error) }
        let (rows, listed) = (found[0], found[1])
        let surplus = try decode { () throws(MariaDBError) in
            let id = try rows.column("id")
            var surplus: [Int64] = []
            for row in rows { surplus.append(try row.int(id)) }
            return surplus
        }
        if !surplus.isEmpty { try await execute(HistorySQL.dropMoves, [JSONRows.ids(surplus)]) }
        return try records(listed)
    }

    package func balancers() async throws(StoreError) -> [BalancerRecord] {
        try records(try await query(HistorySQL.balancers))
    }

    private func records(_ rows: Rows) throws(StoreError) -> [BalancerRecord] {
        try decode { () throws(MariaDBError) in
            let (id, address) = (try rows.column("id"), try rows.column("address"))
            let (version, age) = (try rows.column("version"), try rows.column("age"))
            var balancers: [BalancerRecord] = []
            for row in rows {
                balancers.append(
                    BalancerRecord(
                        presence: BalancerPresence(
                            id: BalancerID(text: try row.text(id)), address: try row.text(address),
                            version: try row.text(version)),
                        lastSeenAge: .microseconds(try row.optionalInt(age) ?? 0)))
            }
            return balancers
        }
    }
}
