import ClusterCore
import ClusterStore
import InMemoryClusterStore
import RepeatableRandom

/// People, who edit what they like in Kuma's UI and in the tables.
extension Simulation {
    func act(_ fault: Fault) -> Bool {
        // Kuma's UI needs the database as everybody does.
        guard database.mode == .up else { return false }
        switch fault {
        case .personAssigns: return assignByHand()
        case .personRehomes: return rehome()
        case .personToggles: return toggle()
        case .personAdds: return addMonitor()
        case .personDeletes: return deleteMonitor()
        case .personSetsAdminState: return setAdminState()
        case .personEditsNode: return writeStatus("online")
        case .personMisspellsStatus: return writeStatus("onlien")
        case .personRetiresNode: return retire()
        case .personDeletesNode: return deleteNode()
        case .personAddsNode: return kumas.count < 7 && addNode("node\(kumas.count + 1)", monitors: 1) != nil
        case .personRebalances: return rebalance()
        case .personCancels: return request { store in _ = try? store.cancelJob() }
        case .personPauses: return pause()
        case .personResumes: return oracle.pause != nil && resume()
        case .kumaDies, .kumaStarts, .kumaRestarts, .kumaHangs, .agentDies, .agentStarts, .agentLeaves, .agentFreezes,
            .secondAgent, .agentIsCut, .hostVanishes, .balancerFreezes, .balancerDies, .balancerStarts,
            .balancerLeaps, .balancerIsCut, .nodeIsUnreachable, .databaseStops, .databaseFreezes, .databaseBlinks,
            .databaseLeaps, .blip:
            return false
        }
    }

    /// What somebody may write into a column that should name a node.
    private func anyReference() -> NodeReference? {
        switch random.index(below: 12) {
        case 0: nil
        case 1: NodeReference(text: "")
        case 2: NodeReference(text: "nowhere")
        case 3: random.pick(kumas).map { NodeReference(text: $0.id.text.uppercased()) }
        case _: random.pick(kumas).map { NodeReference($0.id) }
        }
    }

    private func assignByHand() -> Bool {
        guard let monitor = random.pick(tables.monitors) else { return false }
        let node = anyReference()
        oracle.person("assigns monitor \(monitor.id) to \(node?.text ?? "NULL")") {
            tables.assign(monitor.id, to: node)
        }
        return true
    }

    private func rehome() -> Bool {
        guard var monitor = random.pick(tables.monitors) else { return false }
        monitor.home = anyReference()
        let changed = monitor
        oracle.person("makes \(changed.home?.text ?? "NULL") the home of monitor \(changed.id)") { tables.put(changed) }
        return true
    }

    private func toggle() -> Bool {
        guard var monitor = random.pick(tables.monitors) else { return false }
        monitor.isActive.toggle()
        let changed = monitor
        oracle.person("\(changed.isActive ? "resumes" : "pauses") monitor \(changed.id)") { tables.put(changed) }
        return true
    }

    private func addMonitor() -> Bool {
        guard let home = random.pick(kumas), let through = random.pick(kumas) else { return false }
        let monitor = MonitorAssignment(id: MonitorID(nextMonitor), home: NodeReference(home.id))
        nextMonitor += 1
        oracle.person("adds monitor \(monitor.id) of \(home.id) through \(through.id)") { tables.put(monitor) }
        through.addedHere(monitor.id)
        return true
    }

    private func deleteMonitor() -> Bool {
        guard let monitor = random.pick(tables.monitors), tables.monitors.count > 1 else { return false }
        oracle.person("deletes monitor \(monitor.id)") { tables.removeMonitor(monitor.id) }
        return true
    }

    /// Sometimes to a state that only a later version knows.
    private func setAdminState() -> Bool {
        guard let kuma = random.pick(kumas) else { return false }
        let words = [AdminState.active.rawValue] + AdminState.allCases.map(\.rawValue) + ["quarantine"]
        return write(AdminWord(column: words[random.index(below: words.count)]), of: kuma.id.text)
    }

    private func write(_ word: AdminWord, of node: String) -> Bool {
        guard let id = try? NodeID(node) else { return false }
        tables.writeAdminState(word.text, of: id)
        trace.note("person", "sets \(node) to \(word.text)")
        oracle.nodeWritten(node)
        return true
    }

    /// What nobody knows does not stand for ever: whoever set it comes back with a program that does.
    func endUnknownStates() {
        for name in tables.nodeNames {
            guard case .present(let record) = tables.sight(of: name), case .unknown = record.adminState else {
                continue
            }
            _ = write(.known(.active), of: name)
        }
    }

    // MARK: Requests

    private func request(_ body: (InMemoryClusterStore) -> Void) -> Bool {
        body(InMemoryClusterStore(tables))
        return true
    }

    private func rebalance() -> Bool {
        let kind: RebalanceKind = random.chance(0.7) ? .rebalance : .force
        trace.note("person", "requests: \(kind.rawValue)")
        let job = RebalanceOrder(kind: kind, total: random.number(1...20), requestedBy: "simulation")
        return request { store in _ = try? store.requestJob(job) }
    }

    private func pause() -> Bool {
        let span = random.chance(0.5) ? random.span(.seconds(3) ... .seconds(40)) : nil
        let end = span.map { Simulation.epoch + scheduler.now + database.clock.shift + $0 }
        oracle.paused(until: end)
        let order = PauseOrder(by: "simulation", reason: "to see", until: end)
        return request { store in _ = try? store.pause(order) }
    }

    func resume() -> Bool {
        oracle.resumed()
        return request { store in _ = try? store.resume(.any) }
    }

    /// Kuma's UI writes `online` on every edit; a person at a database prompt may write anything.
    private func writeStatus(_ text: String) -> Bool {
        guard let kuma = random.pick(kumas) else { return false }
        tables.writeStatus(text, of: kuma.id)
        trace.note("person", "writes status \(text) of \(kuma.id)")
        oracle.nodeWritten(kuma.id.text)
        return true
    }

    private func retire() -> Bool {
        guard kumas.count > 2, let kuma = random.pick(kumas) else { return false }
        tables.retireNode(kuma.id)
        trace.note("person", "retires \(kuma.id)")
        oracle.nodeWritten(kuma.id.text)
        return true
    }

    /// Half of the time its machine goes too; else its agent registers it again.
    private func deleteNode() -> Bool {
        guard kumas.count - scrapped.count > 2, let kuma = random.pick(kumas) else { return false }
        trace.note("person", "deletes the row of \(kuma.id)")
        if random.chance(0.5) {
            scrapped.insert(kuma.id)
            kuma.stop()
            for agent in livingAgents where agent.kuma === kuma { agent.process.kill() }
        }
        tables.removeNode(kuma.id)
        oracle.rowDeleted(kuma.id)
        return true
    }
}
