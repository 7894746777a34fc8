// What agents and balancers ask of the database: the contract, every SQL text, the schema. Two stores obey it: MariaDB's,
// and the tests' own in memory. No decision is ever made here: which monitor goes where, and who is alive, comes from above.

package import ClusterCore

/// Everything the cluster software asks of the database. `MariaDBClusterStore` is the real one; `InMemoryClusterStore`
/// obeys the same contract test suite and serves the tests of the layers above.
///
/// Every call has a deadline, computes ages on the database's clock, and is safe to repeat after an error. Any may throw
/// `.unavailable` and `.deadlineExceeded`, `.notPermitted` where a right is missing, `.schemaMissing` where a table is,
/// `.contended` where rows that it writes, or a table that is being altered, are locked, and `.refused` for a defect. What is
/// said below of errors comes on top.
package protocol ClusterStore: AgentStore, ControlStore {}

/// What an agent needs.
package protocol AgentStore: Sendable {
    /// Adds our columns, tables and index where they are missing (Tables.md); tolerates a schema that is ahead of us.
    /// Works when `node` or `monitor` does not exist yet: then those parts are reported as `waitingForKuma`. Without `node`
    /// nothing is added at all.
    /// - Throws: `.notPermitted` with the exact SQL when the right to ALTER or CREATE is missing.
    func prepareSchema() async throws(StoreError) -> SchemaReport

    /// Writes status, streaks, detail, probe time, the report time and the monitor count in one statement; registers the
    /// node when its row is missing. A row on which a *live* agent with another instance reported is left untouched and
    /// named as a conflict; live means: not detached, and reported within `AgentReport.ownershipTTL`. A host that takes
    /// precedence replaces the row's, and the answer says what stood there.
    /// - Throws: `.unavailable` also when somebody changed the row meanwhile: the next beat writes it.
    func report(_ report: AgentReport) async throws(StoreError) -> ReportAnswer

    /// Says that this agent goes away on purpose. Changes nothing when the row belongs to another instance by now.
    func detach(_ node: NodeID, instance: AgentInstance) async throws(StoreError)

    /// The active monitors that `node` effectively runs, ascending; none while Kuma has not made their table.
    func monitors(runBy node: NodeID) async throws(StoreError) -> [MonitorID]

    /// The row of one node, also one with `active = 0`; nil when it is not registered.
    /// - Throws: `.refused` when the row cannot be understood.
    func node(_ id: NodeID) async throws(StoreError) -> NodeRecord?

    /// Writes a person's decision about a node, whatever stood there. Returns false when no such node is registered.
    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool

    /// Appends to the history and trims it to `HistoryLimits.events` rows.
    func record(_ events: [ClusterEvent]) async throws(StoreError)
}

/// What a balancer needs. Whatever is asked `under` a lease throws `.leaseLost` when that is not ours any more, and whatever
/// takes moves `.refused` above `MoveLimits.batch`: then nothing was written.
package protocol ControlStore: Sendable {
    /// As an agent's.
    func prepareSchema() async throws(StoreError) -> SchemaReport

    /// Nodes, set-up state with standing orders, and the fingerprint of the assignments: the periodic poll, at most one
    /// query each.
    /// - Throws: `.schemaMissing` without the table `node` or our columns on it; other tables may be missing.
    func poll() async throws(StoreError) -> PollAnswer
    /// The full map, re-read only when the fingerprint changed. Ascending by monitor id, paused monitors included; empty while
    /// Kuma has not made their table.
    func assignments() async throws(StoreError) -> [MonitorAssignment]

    /// Announces this balancer, so that `/lb/leader` can list it; rows unseen for an hour are dropped,
    /// and so are closed journal entries beyond their limits. Returns all that are announced.
    @discardableResult
    func announce(_ balancer: BalancerPresence) async throws(StoreError) -> [BalancerRecord]
    /// All that are announced, ascending by id; also those unseen for long, until somebody announces.
    func balancers() async throws(StoreError) -> [BalancerRecord]

    /// Takes the lease when it is free or expired, renews it when `holder` holds it. Compare-and-set on the database's
    /// clock. Each take raises the epoch by one, also that of a former holder whose own lease ran out: a statement that
    /// it sent before – held in a frozen database, or in a network – must not come true after others could have led. A
    /// renewal in time keeps the epoch. A lease that is not standing (`LeaseLimits`) is free.
    func acquireLease(holder: BalancerID, ttl: Duration) async throws(StoreError) -> LeaseAnswer
    /// Gives the lease back early, so that a successor need not wait. Nothing happens when it is not ours.
    func releaseLease(_ lease: Lease) async throws(StoreError)

    /// Writes the status of a node for which nobody else speaks. Takes effect only while the lease is ours and the node
    /// is still silent: its last report is older than `statement.silentFor`, missing, or it is detached, and its row's
    /// last report was not made by an agent since. Returns false when the node speaks for itself again, or was retired.
    /// - Throws: `.contended` when another transaction keeps its row locked.
    func speak(_ statement: SpokenStatus, under lease: Lease) async throws(StoreError) -> Bool

    /// Moves monitors: sets `assigned_node` and opens a journal entry for each, in one transaction that writes the lease
    /// row first. A monitor whose effective node is no longer `from`, or that another transaction keeps locked, is passed
    /// over. When a monitor already has an open
    /// entry, that entry's `previousAssigned` is carried on, so that a return restores the beginning. The
    /// history's lines are written in the same transaction. Nothing moves once a pause was written. At most
    /// `MoveLimits.batch` moves.
    /// - Returns: the monitors that moved.
    func move(_ moves: [PlannedMove], under lease: Lease) async throws(StoreError) -> [MonitorID]

    /// Puts monitors back: restores `assigned_node` exactly and closes the entry, where `assigned_node` still is what we
    /// wrote. Where a person changed it since, only closes the entry; a monitor that another transaction keeps locked is
    /// passed over. The history's lines are written in the same transaction. Nothing goes back once a pause was written.
    /// At most `MoveLimits.batch` entries.
    /// - Returns: the monitors that went back.
    func returnHome(_ moves: [OpenMove], under lease: Lease) async throws(StoreError) -> [MonitorID]

    /// Closes entries without touching the monitor, where – looked at again under lock – a person changed it, it is gone, or
    /// it has no home any more; other entries stay open. At most `MoveLimits.batch` entries.
    func forgetMoves(_ moves: [OpenMove], under lease: Lease) async throws(StoreError)

    /// Every open entry, ascending by id; also those whose reason is a word of a later version.
    func openMoves() async throws(StoreError) -> [OpenMove]

    /// Asks for a job; the leader does it. Returns nil while another one is active.
    func requestJob(_ order: RebalanceOrder) async throws(StoreError) -> RebalanceJob?
    /// Lets the active job end after its current batch. Returns it, or nil when none is active.
    func cancelJob() async throws(StoreError) -> RebalanceJob?
    /// The active job and the last ones, newest first, at most `JobLimits.kept`.
    func jobs() async throws(StoreError) -> [RebalanceJob]
    /// Gives monitors another home: sets `node_id`, clears an `assigned_node` of ours, closes its journal entry and writes
    /// one that is closed at once, and counts the job's progress – all in one transaction that writes the lease row first.
    /// Passed over is a monitor whose effective node is no longer `from`, that a person assigned, or that another
    /// transaction keeps locked. At most `MoveLimits.batch` moves.
    /// - Throws: `.contended` too when nothing was moved because of such locks.
    func rebalance(_ moves: [PlannedMove], for job: Int64, under lease: Lease) async throws(StoreError) -> RebalanceStep
    /// Ends a job; nothing happens when it is over.
    func finishJob(_ job: Int64, as end: RebalanceEnd, under lease: Lease) async throws(StoreError)
    /// The journal, newest first; entries whose reason is a word of a later version are passed over.
    func moves(_ query: MoveQuery) async throws(StoreError) -> [RecordedMove]

    /// Stops automatic moves, or changes who, why and until when. Waits for a batch that is under way: once it has
    /// returned, nothing moves.
    func pause(_ order: PauseOrder) async throws(StoreError)
    /// Returns whether there was such a pause.
    func resume(_ end: PauseEnd) async throws(StoreError) -> Bool

    /// As an agent's; the history learns of it only by `record`.
    func setAdminState(_ state: AdminState, of node: NodeID) async throws(StoreError) -> Bool
    /// As an agent's.
    func record(_ events: [ClusterEvent]) async throws(StoreError)
    /// The history, newest first; kinds of a later version are passed over.
    func events(_ query: EventQuery) async throws(StoreError) -> [RecordedEvent]
    /// The newest `count` of both, newest first.
    func history(newest count: Int) async throws(StoreError) -> (events: [RecordedEvent], moves: [RecordedMove])

    /// Which database host it works on, and why others are not fit; nil where there is no such thing. Never blocks.
    var databaseHosts: DatabaseHosts? { get }

    /// Counts every node's active monitors in the `monitor` table now, and writes `monitor_count` where it differs.
    /// - Returns: before and after, ascending by node id.
    func recountMonitors() async throws(StoreError) -> [MonitorRecount]
}

extension ControlStore {
    package var databaseHosts: DatabaseHosts? { nil }

    package func history(newest count: Int) async throws(StoreError) -> (events: [RecordedEvent], moves: [RecordedMove])
    {
        (try await events(EventQuery(limit: count)), try await moves(MoveQuery(limit: count)))
    }
}
