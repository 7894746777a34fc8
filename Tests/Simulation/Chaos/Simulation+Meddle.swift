import ClusterCore
import ClusterStore

/// Who acts in the very moment in which a leader's statement is under way: the races that chance alone meets too rarely.
extension Simulation {
    /// Of a leader's writes that somebody could cross, how many are crossed.
    private static let meddling = 0.15

    /// - Returns: how much longer the statement is under way; zero when nobody meddles.
    func meddle(with statement: Statement) -> Duration {
        switch statement {
        case .move(let moves, _): crossMove(moves)
        case .speak(let spoken, _): crossWord(for: spoken.node)
        case .read, .poll, .other, .report, .detach, .acquire, .release, .giveBack, .forget, .rebalance: .zero
        }
    }

    /// A person puts one of the monitors on a node that lives.
    private func crossMove(_ moves: [PlannedMove]) -> Duration {
        guard !scenario.profile.isCalm, random.chance(Simulation.meddling) else { return .zero }
        let living = kumas.map(\.id).filter { oracle.track(NodeReference($0)).standing == .fit }
        guard let move = random.pick(moves), let node = random.pick(living) else { return .zero }
        let detour = random.span(.milliseconds(10) ... .seconds(2))
        scheduler.after(random.span(.zero...detour)) { [self] in
            guard database.mode == .up, !oracle.isClosed, tables.monitor(move.monitor) != nil else { return }
            oracle.person("assigns monitor \(move.monitor) to \(node) while a move is under way") {
                tables.assign(move.monitor, to: NodeReference(node))
            }
        }
        return detour
    }

    /// The agent that was thought silent is heard again.
    private func crossWord(for node: NodeID) -> Duration {
        guard random.chance(Simulation.meddling) else { return .zero }
        let own = livingAgents.filter { $0.kuma.id == node && ($0.process.isFrozen || $0.process.isCutFromDatabase) }
        guard !own.isEmpty else { return .zero }
        for agent in own {
            trace.note(agent.process.name, "comes back while a word for it is under way")
            agent.process.thaw()
            agent.process.isCutFromDatabase = false
        }
        return random.span(.milliseconds(500) ... .seconds(4))
    }
}
