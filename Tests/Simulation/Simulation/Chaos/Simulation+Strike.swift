import AgentCore
import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// Fate: faults of machines, processes and the network. People are in `Simulation+People.swift`.
extension Simulation {
    var random: SeededRandom {
        get { scheduler.random }
        set { scheduler.random = newValue }
    }

    /// - Returns: false when there is nobody whom the fault could meet.
    func strike(_ fault: Fault) -> Bool {
        switch fault {
        case .kumaDies: onKuma({ $0.phase != .stopped }, fault) { $0.stop() }
        case .kumaStarts: onKuma({ $0.phase == .stopped && !scrapped.contains($0.id) }, fault) { $0.start() }
        case .kumaRestarts:
            onKuma({ $0.phase == .serving }, fault) {
                $0.stop()
                $0.start()
            }
        case .kumaHangs: onKuma({ $0.isServing }, fault) { $0.hang(for: random.span(.seconds(1) ... .seconds(30))) }
        case .agentDies: onAgent(fault) { $0.process.kill() }
        case .agentLeaves: onAgent(fault) { $0.leave() }
        case .agentFreezes: onAgent(fault) { freeze($0) }
        case .agentIsCut: onAgent(fault) { cut($0.process, for: random.span(.seconds(1) ... .seconds(40))) }
        case .agentStarts:
            onKuma({ kuma in !scrapped.contains(kuma.id) && !livingAgents.contains { $0.kuma === kuma } }, fault) {
                addAgent($0)
            }
        case .secondAgent:
            onKuma({ kuma in livingAgents.count { $0.kuma === kuma } == 1 }, fault) { addAgent($0) }
        case .hostVanishes: onKuma({ $0.phase == .serving }, fault) { vanish($0) }
        case .balancerFreezes: onBalancer(fault) { freeze($0.process) }
        case .balancerDies: onBalancer(fault) { $0.process.kill() }
        case .balancerStarts: startBalancer()
        case .balancerLeaps: onBalancer(fault) { $0.process.leap(by: random.span(.seconds(1) ... .seconds(90))) }
        case .balancerIsCut: onBalancer(fault) { cut($0.process, for: random.span(.seconds(1) ... .seconds(40))) }
        case .nodeIsUnreachable: onBalancer(fault) { hideNode(from: $0) }
        case .databaseStops: databaseFault(.refusing, for: .seconds(1) ... .seconds(40))
        case .databaseFreezes: databaseFault(.frozen, for: .seconds(1) ... .seconds(40))
        case .databaseBlinks: databaseFault(random.chance(0.5) ? .refusing : .frozen, for: .zero ... .seconds(1))
        case .databaseLeaps: leapDatabase()
        case .personAssigns, .personRehomes, .personToggles, .personAdds, .personDeletes, .personSetsAdminState,
            .personEditsNode, .personMisspellsStatus, .personRetiresNode, .personDeletesNode, .personAddsNode,
            .personRebalances, .personCancels, .personPauses, .personResumes:
            act(fault)
        case .blip: blip()
        }
    }

    private func onKuma(
        _ isFit: (SimulatedKuma) -> Bool, _ fault: Fault, _ body: (SimulatedKuma) -> Void
    ) -> Bool {
        guard let kuma = random.pick(kumas.filter(isFit)) else { return false }
        trace.note(kuma.id.text, fault.rawValue)
        body(kuma)
        return true
    }

    private func onAgent(_ fault: Fault, _ body: (SimulatedAgent) -> Void) -> Bool {
        guard let agent = random.pick(livingAgents) else { return false }
        trace.note(agent.process.name, "\(fault.rawValue) (\(agent.configuration.instance))")
        body(agent)
        return true
    }

    private func onBalancer(_ fault: Fault, _ body: (SimulatedBalancer) -> Void) -> Bool {
        guard let balancer = random.pick(livingBalancers) else { return false }
        trace.note(balancer.process.name, fault.rawValue)
        body(balancer)
        return true
    }

    // MARK: Processes

    /// - Parameter clock: nil: chance decides.
    private func freeze(_ process: SimulatedProcess, clock: SimulatedProcess.ClockInFreeze? = nil) {
        // Often just long enough to outlive a lease.
        let span = random.span(random.chance(0.5) ? .milliseconds(200) ... .seconds(12) : .seconds(9) ... .seconds(45))
        let drawn = random.chance(0.3) ? SimulatedProcess.ClockInFreeze.stops : .runs
        process.freeze(for: span, clock: clock ?? drawn)
        trace.note(process.name, "frozen for \(span)")
    }

    private func freeze(_ agent: SimulatedAgent) {
        // A clock stops only with its machine, and that is Kuma's, who lives through every calm scenario.
        freeze(agent.process, clock: scenario.profile.isCalm ? .runs : nil)
        // It may ask a moment too late: Kuma's own reading is then under way.
        agent.kuma.excusedUntil = (agent.process.frozenUntil ?? scheduler.now) + .seconds(90)
    }

    private func cut(_ process: SimulatedProcess, for span: Duration) {
        process.isCutFromDatabase = true
        scheduler.start { [self] in
            await scheduler.sleep(span)
            process.isCutFromDatabase = false
            trace.note(process.name, "reaches the database again")
        }
    }

    private func hideNode(from balancer: SimulatedBalancer) {
        guard let node = random.pick(kumas.map(\.id.text)) else { return }
        balancer.process.unreachable.insert(node)
        let span = random.span(.seconds(1) ... .seconds(40))
        trace.note(balancer.process.name, "\(node) is out of reach for \(span)")
        scheduler.start { [self] in
            await scheduler.sleep(span)
            balancer.process.unreachable.remove(node)
        }
    }

    private func startBalancer() -> Bool {
        guard livingBalancers.count < 3 else { return false }
        addBalancer()
        return true
    }

    private func vanish(_ kuma: SimulatedKuma) {
        kuma.stop()
        for agent in livingAgents where agent.kuma === kuma { agent.process.kill() }
    }

    // MARK: The database and the network

    private func databaseFault(_ mode: SimulatedDatabase.Mode, for range: ClosedRange<Duration>) -> Bool {
        guard database.mode == .up else { return false }
        let span = random.span(range)
        trace.note("database", "\(mode) for \(span)")
        database.become(mode)
        scheduler.start { [self] in
            await scheduler.sleep(span)
            if database.mode == mode { database.become(.up) }
            trace.note("database", "up")
        }
        return true
    }

    /// Its clock is set, or a host with another clock takes over: seconds mostly, sometimes an hour.
    private func leapDatabase() -> Bool {
        let far: ClosedRange<Duration> = .seconds(1_800) ... .seconds(3_600)
        let span = random.span(random.chance(0.2) ? far : .milliseconds(200) ... .seconds(90))
        let step = random.chance(0.5) ? span : .zero - span
        trace.note("database", "its clock leaps by \(step)")
        oracle.clockIsSet()
        database.clock.leap(by: step, now: scheduler.now)
        return true
    }

    /// More than half of the nodes are cut off at once, and come back before the mass-silence wait is over.
    private func blip() -> Bool {
        // Two blips in a row would be one long cut to a node that had no time to be heard in between.
        guard scheduler.now >= nextBlip else { return false }
        let count = kumas.count / 2 + 1
        let hidden = Array(kumas.prefix(count))
        // A silence ends up to a beat and a stuck statement (7 s) after the cut; in all 23 s are waited.
        let span = random.span(.seconds(4) ... .seconds(15))
        nextBlip = scheduler.now + span + .seconds(30)
        trace.note("network", "\(hidden.map(\.id.text)) are cut off for \(span)")
        let cut = livingAgents.filter { agent in hidden.contains { $0 === agent.kuma } }
        for agent in cut { agent.process.isCutFromDatabase = true }
        for balancer in livingBalancers { balancer.process.unreachable.formUnion(hidden.map(\.id.text)) }
        scheduler.start { [self] in
            await scheduler.sleep(span)
            for agent in cut { agent.process.isCutFromDatabase = false }
            for balancer in balancers { balancer.process.unreachable.subtract(hidden.map(\.id.text)) }
            trace.note("network", "whole again")
        }
        return true
    }

    // MARK: The end of it

    /// Faults stop: what is broken is mended, or stays broken for good. People's decisions stand.
    func heal() {
        trace.note("fate", "rests; from now on everything works, or is gone for good")
        database.faultRate = 0
        database.meddler = nil
        database.become(.up)
        for process in processes {
            process.thaw()
            process.isCutFromDatabase = false
            process.unreachable = []
        }
        for kuma in kumas where !scrapped.contains(kuma.id) { heal(kuma) }
        _ = resume()
        if livingBalancers.isEmpty { addBalancer() }
        for name in tables.nodeNames where tables.sight(of: name) == .unreadable {
            tables.writeStatus(NodeStatus.online.rawValue, of: kumas.first { $0.id.text == name }?.id ?? kumas[0].id)
            oracle.nodeWritten(name)
        }
        // After those: of a row that cannot be read nobody can say in which state it is.
        endUnknownStates()
    }

    private func heal(_ kuma: SimulatedKuma) {
        kuma.hang(until: scheduler.now)
        let isLost = !scenario.profile.isCalm && kumas.count > 2 && random.chance(0.15)
        if isLost {
            trace.note(kuma.id.text, "stays away")
            scrapped.insert(kuma.id)
            vanish(kuma)
            return
        }
        kuma.start()
        let own = livingAgents.filter { $0.kuma === kuma }
        for agent in own.dropFirst() { agent.process.kill() }
        if own.isEmpty, random.chance(0.8) { addAgent(kuma) }
    }
}
