/// What `prepareSchema` found and did.
package struct SchemaReport: Sendable, Equatable {
    /// Short names of what was added now; empty when everything was there.
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
