import ClusterCore
import ClusterStore

/// What people order: rebalancings and pauses.
extension Oracle {
    func paused(until end: Duration?) {
        pause = (now, end)
        trace.note("person", "pauses the cluster\(end.map { " until \($0 - Simulation.epoch)" } ?? "")")
    }

    func resumed() {
        pause = nil
        trace.note("person", "resumes the cluster")
    }

    /// Just before the database's clock is set: a pause that has ended by it may have been cleared, and does not begin again
    /// when the clock steps back.
    func clockIsSet() {
        if let until = pause?.until, Simulation.epoch + now + clock.shift >= until { pause = nil }
    }

    func checkPause(_ arrival: Arrival) {
        guard let pause, let snapshot = arrival.snapshotOf, snapshot >= pause.since else { return }
        // A clock that went on and stepped back again had ended the pause in between.
        if let until = pause.until, Simulation.epoch + now + clock.shift >= until || clock.hasLeapt(since: snapshot) {
            return
        }
        fail(.pause, "\(arrival.statement.text), though the cluster has been paused since \(Trace.text(pause.since))")
    }

    func checkRebalanced(
        _ was: MonitorAssignment, _ monitor: MonitorAssignment, _ entry: OpenMove, _ arrival: Arrival
    ) {
        let id = was.id
        count(\.rebalanced)
        guard monitor.home?.text == entry.to.text, monitor.assigned == nil, was.isActive == monitor.isActive else {
            return fail(.reason, "monitor \(id): a rebalancing made \(Oracle.text(was)) \(Oracle.text(monitor))")
        }
        if let from = was.effective { checkLeftAlone(id, from: from, to: NodeReference(entry.to), arrival) }
        if chosen[id] != nil { fail(.personsChoice, "a rebalancing took monitor \(id) from where a person put it") }
        if let origin = absences[id]?.origin, track(origin).standing != .absent {
            fail(.personsChoice, "a rebalancing forgot that a person had put monitor \(id) on \(origin)")
        }
        if !track(NodeReference(entry.to)).was([.fit], since: arrival.snapshotOf ?? .zero) {
            fail(.target, "monitor \(id) was given the home \(entry.to), which is not fit")
        }
        absences[id] = nil
    }
}

extension OpenMove {
    /// Whether the cluster means to undo it one day.
    var isTemporary: Bool {
        switch reason {
        case .failover, .maintenance: true
        case .rebalance, .force, nil: false
        }
    }
}
