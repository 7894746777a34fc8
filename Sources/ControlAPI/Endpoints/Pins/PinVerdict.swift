package import ClusterCore

/// Whether a pin to a node counts, by the same table that routes.
package enum PinVerdict: Sendable, Equatable {
    case valid
    case unknown
    case offline
    case recovering
    /// A person has the node take no pins.
    case refused(AdminEffects.PinRefusal)
    /// Its row names no address, or the name does not resolve.
    case unreachable

    /// As the balancer knows it now; the database is not asked.
    /// - Parameter node: need not be in the table: then `.unknown`.
    package init(node: NodeID, in table: RoutingTable) {
        guard let entry = table.nodes.first(where: { $0.id == node }) else {
            self = .unknown
            return
        }
        switch entry.status {
        case .offline: self = .offline
        case .recovering: self = .recovering
        case .online:
            switch entry.effects.pins {
            case .kept: self = entry.acceptsPins ? .valid : .unreachable
            case .refused(let refusal): self = .refused(refusal)
            }
        }
    }

    /// Nil for a valid pin.
    var reason: Refusal.Reason? {
        switch self {
        case .valid: nil
        case .unknown: .unknownNode
        case .offline: .nodeOffline
        case .recovering: .nodeRecovering
        case .refused(.cordon): .nodeCordoned
        case .refused(.maintenance): .nodeInMaintenance
        case .unreachable: .nodeUnreachable
        }
    }

    /// What a person reads after the node's name.
    var phrase: Phrase {
        switch self {
        case .valid: Phrase(english: "is online", chinese: "在線上")
        case .unknown: Phrase(english: "is not a node of this cluster", chinese: "不是此叢集的節點")
        case .offline: Phrase(english: "is offline", chinese: "目前離線")
        case .recovering: Phrase(english: "is recovering and not yet trusted", chinese: "正在恢復，尚未就緒")
        case .refused(.cordon): Phrase(english: "is cordoned and takes no new clients", chinese: "已停止接受新的連線")
        case .refused(.maintenance): Phrase(english: "is in maintenance", chinese: "正在維護中")
        case .unreachable: Phrase(english: "has no address that can be reached", chinese: "沒有可連線的位址")
        }
    }
}
