package import ClusterCore

/// What one poll read.
package struct PollAnswer: Sendable, Equatable {
    /// Ascending by node id; rows with `active = 0` are left out.
    package let nodes: [NodeRecord]
    /// One readable line for each row that could not be understood (bad id, unknown status); such a row is left out.
    package let rejectedRows: [String]
    /// Whether Kuma's `user` table has a row.
    package let isSetUp: Bool
    /// Of the `monitor` table; of no monitors while Kuma has not made that table.
    package let fingerprint: AssignmentFingerprint
    /// `.unreadable` where one of the tables is missing that they are read with: ours, or Kuma's `user`.
    package let orders: StandingOrders
    /// The database's clock while it answered, since 1970; nil where our own tables do not exist.
    package let time: Duration?

    package init(
        nodes: [NodeRecord], rejectedRows: [String], isSetUp: Bool, fingerprint: AssignmentFingerprint,
        orders: StandingOrders = StandingOrders(), time: Duration? = nil
    ) {
        self.nodes = nodes
        self.rejectedRows = rejectedRows
        self.isSetUp = isSetUp
        self.fingerprint = fingerprint
        self.orders = orders
        self.time = time
    }
}

/// A node's `monitor_count`, before and after it was counted anew. Only rows with `active = 1` are.
package struct MonitorRecount: Sendable, Equatable {
    package let node: NodeID
    /// What stood in its row: as a rule what its agent's last beat counted.
    package let before: Int
    /// Active monitors that it effectively runs, by the `monitor` table; this stands in its row now.
    package let after: Int

    package init(node: NodeID, before: Int, after: Int) {
        self.node = node
        self.before = before
        self.after = after
    }
}

/// What `prepareSchema` found and did.
package struct SchemaReport: Sendable, Equatable {
    /// Short names of what this call added; empty when everything was there. What an earlier one added before it was `.contended`
    /// is not among them.
    package let added: [String]
    /// Kuma's tables that do not exist yet; our columns on them are added by a later call. Without `node` nothing was added.
    package let waitingForKuma: [String]

    /// Why this is no cluster's database, for people; nil when it is one.
    package var foreignness: String? {
        guard waitingForKuma.contains("node") else { return nil }
        return waitingForKuma.contains("monitor")
            ? "the database has none of Kuma's tables: no node of the cluster has started on it yet"
            : "the database has no table node: it belongs to a stock Uptime Kuma, which is no node of a cluster, or the "
                + "first node's start is not finished. Nothing was created in it"
    }

    package init(added: [String], waitingForKuma: [String]) {
        self.added = added
        self.waitingForKuma = waitingForKuma
    }
}

/// Which host of `DB_HOST` a store works on, and why others are not fit (Tables.md).
package struct DatabaseHosts: Sendable, Equatable {
    /// A host that should not be worked on, or cannot be, and why.
    package struct Unfit: Sendable, Equatable {
        /// As configured.
        package let host: String
        /// In our own words, which continue a sentence that begins with the host.
        package let reason: String

        package init(host: String, reason: String) {
            self.host = host
            self.reason = reason
        }
    }

    /// As configured; nil before the first connection.
    package let current: String?
    /// In the order of `DB_HOST`, as each was last found; `current` can be among them, where no other host is better.
    package let unfit: [Unfit]

    package init(current: String?, unfit: [Unfit]) {
        self.current = current
        self.unfit = unfit
    }
}
