/// What a database host says of itself, and what that is worth to us (Tables.md). A host that answers may
/// still be the wrong one: a Galera host that lost its cluster lets everybody in and refuses every statement after that.
package enum HostFitness: Sendable, Hashable, CaseIterable {
    case fit
    /// Serves, but behind the others, and whoever has lent it may lock it: `wsrep_local_state` 2 or 3.
    case lent
    /// No statement of ours may begin to write there, whichever row it means.
    case locked
    /// `read_only`: a standby.
    case readOnly
    /// In the cluster's majority, and not ready yet.
    case joining
    /// Without the majority: it reads and writes nothing.
    case outsideCluster

    /// Server and status variables by name, in lower case; a server without Galera has no `wsrep_…`, or `wsrep_on` is OFF.
    init(_ facts: [String: String]) {
        let isOn = { (name: String) in ["ON", "1"].contains(facts[name, default: "OFF"].uppercased()) }
        let isReadOnly = !["OFF", "0"].contains(facts["read_only", default: "OFF"].uppercased())
        let provider = facts["wsrep_provider", default: "none"].lowercased()
        guard isOn("wsrep_on"), !provider.isEmpty, provider != "none" else {
            self = isReadOnly ? .readOnly : .fit
            return
        }
        if facts["wsrep_cluster_status", default: "Primary"] != "Primary" {
            self = .outsideCluster
        } else if !isOn("wsrep_ready") {
            self = .joining
        } else if isReadOnly {
            self = .readOnly
        } else {
            self = ["2", "3"].contains(facts["wsrep_local_state", default: "4"]) ? .lent : .fit
        }
    }

    /// Whether to work there when no other host is better: a standby is good enough to read from.
    var servesAlone: Bool {
        switch self {
        case .fit, .lent, .locked, .readOnly: true
        case .joining, .outsideCluster: false
        }
    }

    /// Smaller is better.
    var rank: Int {
        switch self {
        case .fit: 0
        case .lent: 1
        case .locked: 2
        case .readOnly: 3
        case .joining: 4
        case .outsideCluster: 5
        }
    }
}

extension HostFitness: CustomStringConvertible {
    /// Continues a sentence that begins with the host.
    package var description: String {
        switch self {
        case .fit: "is fit"
        case .lent: "is behind its Galera cluster: donor to another host, desynchronised, or catching up"
        case .locked: "takes no writes: it is locked (FLUSH TABLES WITH READ LOCK, a backup, or a state transfer)"
        case .readOnly: "is read-only, as a standby is"
        case .joining: "is joining its Galera cluster and not ready yet"
        case .outsideCluster: "has lost its Galera cluster: it is not in the majority (non-Primary)"
        }
    }
}
