import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore

/// One rule of the product taken away on purpose, to prove that the oracle would see it.
package enum Sabotage: String, Sendable, CaseIterable {
    /// Leader statements are executed under whatever lease is in the table: the fence is gone.
    case noFence
    /// Moved monitors go home as soon as their home answers.
    case noHold
    /// A move is written wherever the monitor is by now.
    case noExpectedAssignment
    /// A row that cannot be read counts as a node that does not exist.
    case unreadableIsOrphaned
    /// A leader speaks over fresh reports.
    case noSilenceCheck
    /// Half of the nodes may fall silent together and each is judged at once.
    case noMassSilenceRule
    /// What was moved away never comes home.
    case noReturns
    /// The least loaded node is not asked for.
    case noPlacementRule
    /// The database's clock is not watched.
    case noClockWatch
    /// An agent asks Kuma at once, whatever another one asked just before it.
    case noPredecessor
    /// Planned moves go as soon as they are planned.
    case noPace
    /// A state of a later version counts as the usual one.
    case unknownStateIsActive
}

extension Sabotage {
    /// The profile in which the rule matters most.
    package var arena: Scenario.Profile {
        switch self {
        case .noFence, .noExpectedAssignment, .noSilenceCheck, .noPlacementRule, .noHold, .noReturns, .noClockWatch:
            .storm
        case .unknownStateIsActive: .people
        case .noPredecessor: .handovers
        case .noPace: .planned
        case .unreadableIsOrphaned: .agentsDie
        case .noMassSilenceRule: .blips
        }
    }
}

extension Simulation {
    /// The first seed that notices a missing rule; nil when none does.
    package static func firstCatch(of sabotage: Sabotage, within seeds: ClosedRange<UInt64>) -> Outcome? {
        for seed in seeds {
            let outcome = Simulation(Scenario(seed: seed, profile: sabotage.arena), sabotage: sabotage).run()
            if outcome.violation != nil { return outcome }
        }
        return nil
    }
}

/// The rule is taken away at the store's door, in the configuration or in the loops of `SimulatedAgent`; the product's code
/// stays as it is.
extension Sabotage? {
    func spoil(_ lease: Lease, on tables: InMemoryCluster) -> Lease {
        guard self == .noFence, let sight = tables.leaseSight else { return lease }
        return sight.lease
    }

    func spoil(_ moves: [PlannedMove], on tables: InMemoryCluster) -> [PlannedMove] {
        switch self {
        case .noExpectedAssignment:
            moves.map { move in
                let from = tables.monitor(move.monitor)?.effective ?? move.from
                return PlannedMove(monitor: move.monitor, from: from, to: move.to, reason: move.reason)
            }
        case .noPlacementRule:
            moves.map { move in
                let to = moves.map(\.to).max() ?? move.to
                return PlannedMove(monitor: move.monitor, from: move.from, to: to, reason: move.reason)
            }
        case .noFence, .noHold, .unreadableIsOrphaned, .noSilenceCheck, .noMassSilenceRule, .noReturns, .noClockWatch,
            .noPredecessor, .noPace, .unknownStateIsActive, nil:
            moves
        }
    }

    func spoil(_ statement: SpokenStatus) -> SpokenStatus {
        guard self == .noSilenceCheck else { return statement }
        return SpokenStatus(
            node: statement.node, status: statement.status, okStreak: statement.okStreak,
            failStreak: statement.failStreak, detail: statement.detail, silentFor: .zero)
    }

    func spoil(_ answer: PollAnswer) -> PollAnswer {
        switch self {
        case .unreadableIsOrphaned:
            return PollAnswer(
                nodes: answer.nodes, rejectedRows: [], isSetUp: answer.isSetUp, fingerprint: answer.fingerprint,
                orders: answer.orders, time: answer.time)
        case .noClockWatch:
            return PollAnswer(
                nodes: answer.nodes, rejectedRows: answer.rejectedRows, isSetUp: answer.isSetUp,
                fingerprint: answer.fingerprint, orders: answer.orders)
        case .unknownStateIsActive:
            let nodes = answer.nodes.map { node in
                var node = node
                if case .unknown = node.adminState { node.adminState = .known(.active) }
                return node
            }
            return PollAnswer(
                nodes: nodes, rejectedRows: answer.rejectedRows, isSetUp: answer.isSetUp,
                fingerprint: answer.fingerprint,
                orders: answer.orders, time: answer.time)
        case .noFence, .noHold, .noExpectedAssignment, .noSilenceCheck, .noMassSilenceRule, .noReturns,
            .noPlacementRule, .noPredecessor, .noPace, nil:
            return answer
        }
    }

    func spoil(_ configuration: inout ControlPlaneConfiguration) {
        switch self {
        case .noHold: configuration.flaps.hold = .zero
        case .noReturns: configuration.flaps.hold = .seconds(1_000_000)
        case .noMassSilenceRule: configuration.silence.massWait = .zero
        case .noPace: configuration.pacing = .none
        case .noFence, .noExpectedAssignment, .unreadableIsOrphaned, .noSilenceCheck, .noPlacementRule, .noClockWatch,
            .noPredecessor, .unknownStateIsActive, nil:
            break
        }
    }
}
