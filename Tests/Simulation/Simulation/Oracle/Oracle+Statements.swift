import ClusterCore
import ClusterStore
import InMemoryClusterStore

extension Oracle {
    func look(before arrival: Arrival) -> Look {
        switch arrival.statement {
        case .read, .poll, .other, .report, .detach: return Look()
        case .acquire, .release: return Look(lease: tables.leaseSight)
        case .speak(let spoken, _):
            return Look(lease: tables.leaseSight, node: tables.rawSight(of: spoken.node.text))
        case .move, .giveBack, .forget, .rebalance:
            let monitors = tables.monitors
            if monitors != known {
                fail(.reason, "before \(arrival.statement.text): \(Oracle.difference(known, monitors))")
            }
            return Look(
                monitors: monitors, open: tables.openEntries, lastMove: tables.lastMove, lease: tables.leaseSight,
                told: tables.historyCounts)
        }
    }

    func executed(_ arrival: Arrival, since before: Look, answer: Answer) {
        if arrival.manner == .stray { count(\.strays) }
        if arrival.statement.writes {
            trace.note(arrival.caller.name, Oracle.line(arrival, answer))
        }
        switch arrival.statement {
        case .read, .other: break
        case .poll: arrival.caller.lastPoll = now
        case .report(let report): checkReport(report, answer)
        case .detach(let node, let instance):
            if lastReports[node]?.instance == instance { lastReports[node]?.isDetached = true }
        case .acquire: checkElection(before.lease)
        case .release: break
        case .speak(let statement, let lease): checkSpeaker(statement, lease, before, arrival, answer)
        case .move(_, let lease), .giveBack(_, let lease), .forget(_, let lease), .rebalance(_, let lease):
            checkWrite(arrival, lease, before)
        }
    }

    private static func line(_ arrival: Arrival, _ answer: Answer) -> String {
        var line = arrival.statement.text
        if arrival.manner == .stray { line += " [stray]" }
        switch answer {
        case .done: return line
        case .refused(let error): return line + " -> \(error)"
        }
    }

    static func counts(_ monitors: [MonitorAssignment]) -> [NodeReference: Int] {
        monitors.reduce(into: [:]) { counts, monitor in
            if monitor.isActive, let node = monitor.effective { counts[node, default: 0] += 1 }
        }
    }

    // MARK: Reports and words for the silent

    private func checkReport(_ report: AgentReport, _ answer: Answer) {
        guard answer == .done, case .present(let record) = tables.rawSight(of: report.node.text) else { return }
        // Another instance's row: the report was refused as a conflict.
        guard record.agentInstance == report.instance, record.reportAge == .zero else { return }
        if let last = lastReports[report.node], last.instance != report.instance, !last.isDetached,
            now - last.at <= AgentReport.ownershipTTL, !clock.hasLeapt(since: last.at)
        {
            fail(.oneAgent, "\(report.node): \(report.instance) was heard \(now - last.at) after \(last.instance)")
        }
        lastReports[report.node] = (now, report.instance, false)
        nodeWritten(report.node.text)
    }

    private func checkSpeaker(
        _ spoken: SpokenStatus, _ lease: Lease, _ before: Look, _ arrival: Arrival, _ answer: Answer
    ) {
        let name = spoken.node.text
        guard answer == .done else { return count(\.fenced) }
        guard tables.rawSight(of: name) != before.node else { return }
        checkFence(lease, before)
        count(\.spoken)
        // A leap between the leader's reading and its word nobody can see; one within the tolerance makes a report older.
        if let last = lastReports[spoken.node], !last.isDetached,
            now - last.at <= scenario.reportTTL - (clock.hasLeapt(since: last.at) ? DatabaseClock.tolerance : .zero),
            !clock.hasLeapt(since: arrival.snapshotOf ?? .zero)
        {
            fail(.speaker, "\(lease.holder) spoke for \(name) \(now - last.at) after its own report")
        }
        nodeWritten(name)
    }

    // MARK: The lease

    private func checkElection(_ before: InMemoryCluster.LeaseSight?) {
        guard let after = tables.leaseSight else { return }
        // What ends further away than any term is left from before the clock stepped back: anybody may take it.
        let standing = before.map { $0.isValid && $0.remaining <= scenario.leaseTTL + DatabaseClock.tolerance } ?? false
        if let before, before.lease == after.lease, !standing {
            fail(.election, "\(after.lease.holder) took its own lease again in epoch \(after.lease.epoch)")
        }
        guard let old = holders[after.lease.epoch] else {
            holders[after.lease.epoch] = after.lease.holder
            count(\.elections)
            let last = holders.keys.filter { $0 < after.lease.epoch }.max() ?? 0
            if after.lease.epoch != last + 1 { fail(.election, "epoch \(after.lease.epoch) follows \(last)") }
            if let before, standing {
                fail(.election, "\(after.lease.holder) took a lease that \(before.lease.holder) held")
            }
            return
        }
        if old != after.lease.holder { fail(.election, "epoch \(after.lease.epoch) has two holders") }
    }

    /// Only for statements that had an effect.
    func checkFence(_ lease: Lease, _ before: Look) {
        guard let held = before.lease, held.lease == lease, held.isValid else {
            let held = before.lease.map {
                "\($0.lease.holder) \($0.isValid ? "holds" : "let go of") epoch \($0.lease.epoch)"
            }
            return fail(.fence, "\(lease.holder) wrote under epoch \(lease.epoch) while \(held ?? "nobody holds it")")
        }
        if holders[lease.epoch] != lease.holder { fail(.election, "epoch \(lease.epoch) was never \(lease.holder)'s") }
    }
}
