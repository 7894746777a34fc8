/// What `prepareSchema` found and did.
package struct SchemaReport: Sendable, Equatable {
    /// Short names of what was added now; empty when everything was there.
    package let added: [String]
    /// Kuma's tables that do not exist yet; our columns on them are added by a later call.
    package let waitingForKuma: [String]

    package init(added: [String], waitingForKuma: [String]) {
        self.added = added
        self.waitingForKuma = waitingForKuma
    }
}
