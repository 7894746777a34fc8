/// What the mover may do with a node. Ownership follows what the database says (Judging.md), never what one balancer
/// can reach.
package enum Ownership: Sendable, Equatable {
    /// Online and active: keeps its monitors and may be given others.
    case fit
    /// Neither trusted nor lost – recovering, or its last check failed, or nobody has checked it yet: keeps its
    /// monitors, is given none.
    case wavering
    /// Online, drained or cordoned: keeps its monitors, is given others only when no fit node is left.
    case reserve
    /// In maintenance and online: runs its monitors until others can take them without a gap.
    case retiring
    /// Offline (`failover`), or in maintenance without being online (`maintenance`): nobody runs its monitors.
    case lost(MoveReason)
    /// A person gave it a state of a later version: nothing is taken from it, whatever its health, and nothing given to it.
    case untouched

    /// By the row alone: what its admin state does to monitors, its believed status, and whether its last check succeeded.
    package init(of node: NodeRecord, limits: HealthJudge.Limits) {
        switch (node.adminState.effects.monitors, node.believedStatus(limits)) {
        case (.untouched, _): self = .untouched
        case (.leave, .online): self = .retiring
        case (.leave, .recovering), (.leave, .offline): self = .lost(.maintenance)
        case (.taken, .offline), (.kept, .offline): self = .lost(.failover)
        case (.taken, .recovering), (.kept, .recovering): self = .wavering
        // A person can add a node that does not exist and Kuma calls it online: one good check is the least proof.
        case (.taken, .online): self = node.okStreak > 0 ? .fit : .wavering
        case (.kept, .online): self = node.okStreak > 0 ? .reserve : .wavering
        }
    }

    /// What may be done with every node, by the text a monitor's columns hold.
    package static func map(of nodes: [NodeRecord], limits: HealthJudge.Limits) -> [NodeReference: Ownership] {
        Dictionary(nodes.map { (NodeReference($0.id), Ownership(of: $0, limits: limits)) }) { first, _ in first }
    }
}
