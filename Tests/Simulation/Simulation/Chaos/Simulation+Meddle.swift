import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// Who acts in the very moment in which a leader's statement is under way: the races that chance alone meets too rarely.
extension Simulation {
    /// Of a leader's writes that somebody could cross, how many are crossed.
    private static let meddling = 0.15
    /// Of an agent's calls to Kuma: most are over too soon to be met again.
    private static let replacing = 0.4

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

    /// An agent is replaced, as by a container's restart, while the call that it made runs on in Kuma; and one of the
    /// node's monitors is somebody's wish.
    func meddle(whileAsking agent: SimulatedAgent) {
        guard database.meddler != nil, scenario.profile == .handovers || random.chance(Simulation.replacing)
        else { return }
        let isCalm = scenario.profile.isCalm
        scheduler.after(random.span(.zero ... .milliseconds(500))) { [self] in
            guard !oracle.isClosed, !agent.process.isDead, !agent.process.isFrozen else { return }
            trace.note(agent.process.name, "is replaced while Kuma reads its monitors")
            agent.leave()
            addAgent(agent.kuma)
            guard !isCalm else { return }
            scheduler.after(random.span(.milliseconds(500) ... .seconds(2))) { [self] in
                guard database.mode == .up, !oracle.isClosed, let monitor = random.pick(tables.monitors) else { return }
                oracle.person("assigns monitor \(monitor.id) to \(agent.kuma.id) after its agent was replaced") {
                    tables.assign(monitor.id, to: NodeReference(agent.kuma.id))
                }
            }
        }
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
