import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// Where monitors may be put.
extension Oracle {
    /// Least loaded first, judged where nothing has changed since the snapshot was read. Who rests after an outage leaves out
    /// whoever was silent in that snapshot, as long as anybody else is left; in a mass silence those who fell silent with the
    /// others are left out, and those who were silent before are not. Whether a leader rests, and when it last judged, the oracle
    /// does not always know: then the last to fall silent may be left out, as many as there are, and nobody before them.
    func checkPlacement(
        _ arrival: Arrival, _ before: Look, _ after: [NodeReference: Int], _ receivers: Set<NodeID>
    ) {
        guard arrival.manner == .first, let snapshot = arrival.snapshotOf, lastDisturbance < snapshot else { return }
        let names = tables.nodeNames
        guard let silent = silentNodes(among: names, asOf: snapshot) else { return }
        let everybody = takers(among: names)
        let heard = takers(among: names.filter { !silent.names.contains($0) })
        var pools = [everybody]
        if heard != everybody {
            let rests = arrival.caller.answers.rests(for: scenario.reportTTL, at: arrival.caller.instant)
            switch (rests, heard.isEmpty) {
            case (true, false):
                pools = [heard]
                count(\.avoided)
            // Nobody else is left.
            case (true, true): break
            case (false, _): pools = self.pools(without: silent, among: names)
            }
        }
        let faults = pools.map { unevenness(of: receivers, in: $0, after) }
        if let fault = faults[0], faults.allSatisfy({ $0 != nil }) { fail(.placement, fault) }
    }

    /// Each with some of the silent left out; the first with none. Whoever is judged is judged with all who were silent then.
    private func pools(without silent: Silent, among names: [String]) -> [[String]] {
        func isTaker(_ name: String) -> Bool { [.fit, .reserve].contains(tracks[name]?.standing) }
        var leftOut: [Set<String>] = [[]]
        for (name, _) in silent.ages.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) where isTaker(name) {
            leftOut.append((leftOut.last ?? []).union([name]))
        }
        for name in silent.ageless.sorted() where isTaker(name) { leftOut += leftOut.map { $0.union([name]) } }
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

    /// The silent.
    private struct Silent {
        /// How old their last reports are.
        var ages: [String: Duration] = [:]
        /// They never reported, or the database's clock was set since: when they fell silent nobody can say.
        var ageless: Set<String> = []

        var names: Set<String> { ageless.union(ages.keys) }
    }

    /// Those whose agents had been silent for longer than `REPORT_TTL` when a snapshot was read, and did not take their leave.
    /// - Returns: nil when that cannot be told of every node: one has reported since, or became silent since, or the
    ///   database's clock was set.
    private func silentNodes(among names: [String], asOf snapshot: Duration) -> Silent? {
        guard !clock.hasLeapt(since: snapshot) else { return nil }
        var silent = Silent()
        for name in names {
            guard case .present(let record) = tables.sight(of: name), record.agentHealth != .detached else { continue }
            guard let age = record.reportAge else {
                silent.ageless.insert(name)
                continue
            }
            let hasLeapt = lastReports[record.id].map { clock.hasLeapt(since: $0.at) } ?? false
            let ageThen = age - (now - snapshot)
            if ageThen > scenario.reportTTL {
                if hasLeapt { silent.ageless.insert(name) } else { silent.ages[name] = age }
                continue
            }
            if ageThen < .zero || age > scenario.reportTTL || hasLeapt { return nil }
        }
        return silent
    }
}
