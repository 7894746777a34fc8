import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// Where monitors may be put.
extension Oracle {
    /// Least loaded first, judged where nothing has changed since the snapshot was read. Who rests after an outage leaves out
    /// whoever was silent in that snapshot, as long as anybody else is left; in a mass silence those who fell silent with the
    /// others are left out, and those who were silent before are not. Whether a leader rests, and whom it has judged already,
    /// the oracle does not always know: then each of the silent may be left out or not.
    func checkPlacement(
        _ arrival: Arrival, _ before: Look, _ after: [NodeReference: Int], _ receivers: Set<NodeID>
    ) {
        guard arrival.manner == .first, let snapshot = arrival.snapshotOf, lastDisturbance < snapshot else { return }
        let names = tables.nodeNames
        guard let silent = silentNodes(among: names, asOf: snapshot) else { return }
        let everybody = takers(among: names)
        let heard = takers(among: names.filter { !silent.contains($0) })
        var pools = [everybody]
        if heard != everybody {
            let rests = arrival.caller.answers.rests(for: scenario.reportTTL, at: arrival.caller.instant)
            let leavesOut = rests && !heard.isEmpty
            pools = leavesOut ? [heard] : self.pools(without: silent, among: names)
            if leavesOut { count(\.avoided) }
        }
        let faults = pools.map { unevenness(of: receivers, in: $0, after) }
        if let fault = faults[0], faults.allSatisfy({ $0 != nil }) { fail(.placement, fault) }
    }

    /// Each with some of the silent left out; the first with none.
    private func pools(without silent: Set<String>, among names: [String]) -> [[String]] {
        var leftOut: [Set<String>] = [[]]
        for name in silent.sorted() where [.fit, .reserve].contains(tracks[name]?.standing) {
            leftOut += leftOut.map { $0.union([name]) }
        }
        return leftOut.map { out in takers(among: names.filter { !out.contains($0) }) }.filter { !$0.isEmpty }
    }

    private func takers(among names: [String]) -> [String] {
        let fit = names.filter { tracks[$0]?.standing == .fit }
        return fit.isEmpty ? names.filter { tracks[$0]?.standing == .reserve } : fit
    }

    private func unevenness(
        of receivers: Set<NodeID>, in pool: [String], _ after: [NodeReference: Int]
    ) -> String? {
        guard let least = pool.map({ after[NodeReference(text: $0)] ?? 0 }).min() else { return nil }
        for receiver in receivers.sorted() {
            let count = after[NodeReference(receiver)] ?? 0
            if !pool.contains(receiver.text) { return "\(receiver) received monitors though other nodes are fitter" }
            if count > least + 1 {
                return "\(receiver) received up to \(count) monitors while another fit node runs \(least)"
            }
        }
        return nil
    }

    /// Those whose agents had been silent for longer than `REPORT_TTL` when a snapshot was read, and did not take their leave.
    /// - Returns: nil when that cannot be told of every node: one has reported since, or became silent since, or the
    ///   database's clock was set.
    private func silentNodes(among names: [String], asOf snapshot: Duration) -> Set<String>? {
        guard !clock.hasLeapt(since: snapshot) else { return nil }
        var silent: Set<String> = []
        for name in names {
            guard case .present(let record) = tables.sight(of: name), record.agentHealth != .detached else { continue }
            guard let age = record.reportAge else {
                silent.insert(name)
                continue
            }
            let ageThen = age - (now - snapshot)
            if ageThen > scenario.reportTTL {
                silent.insert(name)
                continue
            }
            if ageThen < .zero || age > scenario.reportTTL { return nil }
            if let last = lastReports[record.id], clock.hasLeapt(since: last.at) { return nil }
        }
        return silent
    }
}
