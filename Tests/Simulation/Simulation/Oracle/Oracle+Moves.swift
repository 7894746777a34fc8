import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// The leader's writes to `monitor` and to the journal.
extension Oracle {
    func checkWrite(_ arrival: Arrival, _ lease: Lease, _ before: Look) {
        let monitors = tables.monitors
        let open = tables.openEntries
        guard monitors != before.monitors || open != before.open || tables.lastMove != before.lastMove else {
            return count(\.fenced)
        }
        checkFence(lease, before)
        checkPause(arrival)
        var opened: [MonitorID: OpenMove] = [:]
        for id in before.lastMove + 1..<max(tables.lastMove, before.lastMove) + 1 {
            if let row = tables.entry(id) { opened[row.entry.monitor] = row.entry }
        }
        let closed = before.open.filter { entry in !open.contains { $0.id == entry.id } }
        let homeward = Dictionary(
            closed.filter { tables.entry($0.id)?.outcome == .returned }.map { ($0.monitor, $0) }
        ) { first, _ in first }
        let old = Dictionary(before.monitors.map { ($0.id, $0) }) { first, _ in first }
        var moved = 0
        for monitor in monitors {
            // By text: a reference is equal to another spelling of itself, and yet it was written.
            guard let was = old[monitor.id] else { continue }
            guard Oracle.text(was) != Oracle.text(monitor) || homeward[monitor.id] != nil else { continue }
            if let entry = opened[monitor.id], !entry.isTemporary {
                checkRebalanced(was, monitor, entry, arrival)
                continue
            }
            if was.isActive != monitor.isActive || was.home?.text != monitor.home?.text {
                fail(.reason, "monitor \(monitor.id): \(Oracle.text(was)) became \(Oracle.text(monitor))")
            }
            if let entry = opened[monitor.id], monitor.assigned?.text == entry.to.text {
                moved += 1
                checkMove(was, entry, arrival)
            } else if let entry = homeward[monitor.id] {
                checkReturn(was, monitor, entry, arrival)
            } else {
                fail(.reason, "monitor \(monitor.id): \(Oracle.text(was)) became \(Oracle.text(monitor))")
            }
        }
        if monitors.count != before.monitors.count { fail(.reason, "monitors appeared or vanished") }
        count(\.moved, moved)
        checkHistory(
            moved: opened.values.count { $0.isTemporary }, returned: homeward.count, before)
        if moved > 0 { checkPlacement(arrival, before, Oracle.counts(monitors), Set(opened.values.map(\.to))) }
        adopt(monitors)
        for entry in closed { noteClosed(entry, monitors) }
        checkJournal(open)
    }

    private func checkHistory(moved: Int, returned: Int, _ before: Look) {
        let told = tables.historyCounts
        let (movedLines, returnedLines) = (told.moved - before.told.moved, told.returned - before.told.returned)
        guard movedLines == moved, returnedLines == returned else {
            return fail(
                .history,
                "\(moved) monitors moved and \(returned) returned; the history tells of \(movedLines) and \(returnedLines)"
            )
        }
    }

    private func checkMove(_ was: MonitorAssignment, _ entry: OpenMove, _ arrival: Arrival) {
        let id = was.id
        let snapshot = arrival.snapshotOf ?? .zero
        guard let from = was.effective else { return fail(.reason, "monitor \(id) was nobody's and is moved") }
        checkLeftAlone(id, from: from, to: NodeReference(entry.to), arrival)
        if !track(from).was([.lost, .absent], since: snapshot) {
            let invariant: Invariant = chosen[id] == was.assigned && chosen[id] != nil ? .personsChoice : .lostFirst
            fail(invariant, "monitor \(id) left \(from), which has been \(track(from).standing) since the snapshot")
        }
        // A move that waits in a frozen database is executed if its lease still holds, by that database's clock.
        if now - snapshot > scenario.leaseTTL * 3 + clock.setBack(since: snapshot - scenario.leaseTTL) {
            fail(.freshSnapshot, "monitor \(id) moved on a snapshot of \(now - snapshot) ago")
        }
        let target = track(NodeReference(entry.to))
        if !target.was([.fit, .reserve], since: snapshot) {
            fail(.target, "monitor \(id) went to \(entry.to), which is \(target.standing)")
        }
        if scenario.profile.isCalm {
            fail(.calm, "monitor \(id) moved from \(from) to \(entry.to), and every Kuma lives")
        }
        if let absence = absences[id], absence.lastTo.text == was.assigned?.text {
            absences[id]?.lastTo = NodeReference(entry.to)
        } else {
            absences[id] = Absence(lastTo: NodeReference(entry.to), origin: was.assigned)
        }
        chosen[id] = nil
    }

    /// Whoever gave a node a state that nobody knows knows what is to become of its monitors.
    func checkLeftAlone(_ id: MonitorID, from: NodeReference, to: NodeReference, _ arrival: Arrival) {
        guard from != to else { return }
        for node in [from, to] where track(node).hasOnlyBeen(.leftAlone, since: arrival.snapshotOf ?? .zero) {
            fail(.leftAlone, "monitor \(id) went from \(from) to \(to), and \(node) is to be left alone")
        }
    }

    private func checkReturn(
        _ was: MonitorAssignment, _ monitor: MonitorAssignment, _ entry: OpenMove, _ arrival: Arrival
    ) {
        count(\.returned)
        let id = was.id
        if chosen[id] != nil { fail(.personsChoice, "monitor \(id) was sent home from where a person put it") }
        guard let absence = absences[id], absence.lastTo.text == was.assigned?.text else {
            return fail(.exactReturn, "monitor \(id) was not where we put it: \(Oracle.text(was))")
        }
        if absence.origin?.text != monitor.assigned?.text {
            fail(
                .exactReturn, "monitor \(id) began as \(absence.origin?.text ?? "NULL"), became \(Oracle.text(monitor))"
            )
        }
        absences[id] = nil
        if let origin = monitor.assigned { chosen[id] = origin }
        guard let home = monitor.effective, home != NodeReference(entry.to) else { return }
        checkLeftAlone(id, from: NodeReference(entry.to), to: home, arrival)
        // Sent in time and executed late: nobody can call a statement back.
        guard arrival.manner == .first else { return }
        let snapshot = arrival.snapshotOf ?? .zero
        if track(NodeReference(entry.to)).was([.lost, .absent], since: snapshot) { return }
        // A leap of the caller's clock between reading and planning adds to every age: seconds, once, and no more.
        if let leap = arrival.caller.lastLeap, leap >= snapshot { return }
        // A balancer that first met the node after the database's clock leapt has that clock's word alone.
        if let since = track(home).onlineSince, clock.hasLeapt(since: since) { return }
        let online = track(home).onlineSince.map { now - $0 } ?? .zero
        if online < scenario.hold { fail(.hold, "monitor \(id) went home to \(home), online for \(online) only") }
    }

    /// An entry may be given up only where a person changed the assignment, or where there is no home any more.
    private func noteClosed(_ entry: OpenMove, _ monitors: [MonitorAssignment]) {
        guard tables.entry(entry.id)?.outcome == .forgotten else { return }
        count(\.forgotten)
        guard let monitor = monitors.first(where: { $0.id == entry.monitor }) else { return }
        if monitor.assigned?.text == entry.to.text, (entry.previousAssigned ?? monitor.home) != nil {
            fail(.journal, "entry \(entry.id) was given up while monitor \(monitor.id) is where it says")
        }
        absences[entry.monitor] = nil
    }

    func checkJournal(_ open: [OpenMove]) {
        var seen: Set<MonitorID> = []
        let monitors = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        for entry in open {
            if !seen.insert(entry.monitor).inserted { fail(.journal, "monitor \(entry.monitor) has two open entries") }
            switch entry.reason {
            case .failover, .maintenance: break
            case .rebalance, .force, nil:
                fail(.journal, "entry \(entry.id) is open for \(entry.reason?.rawValue ?? "a word that nobody knows")")
            }
            guard let monitor = monitors[entry.monitor], let absence = absences[entry.monitor] else { continue }
            if absence.lastTo.text != entry.to.text || monitor.assigned?.text != entry.to.text {
                fail(.journal, "entry \(entry.id) says \(entry.to), the monitor \(Oracle.text(monitor))")
            }
        }
        for monitor in known {
            guard let absence = absences[monitor.id], !seen.contains(monitor.id) else { continue }
            fail(.journal, "monitor \(monitor.id) is away at \(absence.lastTo) and no entry is open")
        }
    }
}
