package import ClusterCore

/// What an agent asks about edits of monitors. Kuma re-reads ids only (FactsAboutKuma.md): an edit made on another node
/// does not reach the node that runs the monitor.
package protocol MonitorContentStore: Sendable {
    /// A question that costs next to nothing: whether any monitor may have been written since it was asked last.
    func monitorWrites() async throws(StoreError) -> MonitorWrites

    /// What the monitors that `node` runs hold now. A monitor whose row is too large to be digested is left out.
    func contents(ofMonitorsRunBy node: NodeID) async throws(StoreError) -> MonitorContents

    /// Lets the other agents know that a monitor was edited on a node that may not be the one that runs it.
    func announceEdit(_ mark: EditMark) async throws(StoreError)
}

/// The contents of a node's monitors at one moment.
package struct MonitorContents: Hashable, Sendable {
    /// What the digests are of: a Kuma of another version has other columns, and then no two digests can be compared.
    package let columns: [String]
    /// Of the active monitors that the node effectively runs; one whose row is too large to be digested is missing.
    package let byMonitor: [MonitorID: MonitorContent]

    package init(columns: [String], byMonitor: [MonitorID: MonitorContent]) {
        self.columns = columns
        self.byMonitor = byMonitor
    }
}

/// Names one announcement of an edit.
package struct EditMark: Hashable, Sendable {
    /// Compared only for being the same; what it says means nothing.
    package let text: String

    package init(text: String) { self.text = text }

    /// Another one for each announcement: 64 random bits, so that no two agents choose the same.
    package static func random() -> EditMark { EditMark(text: String(UInt64.random(in: 0...UInt64.max), radix: 36)) }
}

/// When the `monitor` table was written last, as far as the server knows.
package struct MonitorWrites: Hashable, Sendable {
    /// Whole seconds of the database's clock since 1970; nil: not since the server started, or it forgot. A transaction
    /// counts from its first write, not from its commit (MariaDB 10.11, measured), and each Galera host has its own.
    package let lastWrite: Int64?
    /// The database's clock at that moment, in the same unit.
    package let now: Int64
    /// The last announcement; nil before the first.
    package let edit: EditMark?

    package init(lastWrite: Int64?, now: Int64, edit: EditMark?) {
        self.lastWrite = lastWrite
        self.now = now
        self.edit = edit
    }
}
