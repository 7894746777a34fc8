import ClusterCore
import ClusterStore
import Logging

/// What the leader moves in one pass.
extension ControlPass {
    /// A pass that took longer than this may not come round in time to write what was kept back.
    private static let longestHoldingPass: Duration = .seconds(1)

    /// Returns first: what goes home from a lost node need not be moved a second time.
    func move(_ snapshot: inout ClusterSnapshot) async throws(StoreError) {
        if rest.isOver(now: clock.now()) {
            // What comes to a node in Kuma's next reading, be it kept back still, leaves no room there for what can wait.
            expect(await planFailover(snapshot).moves)
            try await bringHome(&snapshot)
        }
        let plan = await planFailover(snapshot)
        expect(plan.moves)
        let urgent = urgentMoves(of: plan, in: snapshot)
        // They were placed beside the urgent ones, and would load the receivers unevenly without them.
        let planned = urgent.count == plan.moves.count ? plan.planned : []
        let paced = pacer.admit(planned, in: .strict, at: clock.wallTime()) { move in
            PlannedMovePacer.Leg(from: move.from, to: NodeReference(move.to))
        }
        var changes: [MonitorID: NodeReference?] = [:]
        // Its own time: however much goes home, what nobody runs is not kept waiting.
        var end = clock.now() + MonitorMover.longestPass
        var wasFree = true
        var leavers = (urgent + paced)[...]
        while clock.now() < end, let batch = pace.take(from: &leavers) {
            guard let lease = try await currentLease() else { return }
            await poller.expireAssignments()
            let moved = try await unlessContended(batch.count) { () async throws(StoreError) in
                try await mover.failOver(batch, under: lease)
            }
            guard let moved else {
                // The wait took the time of those behind it.
                if wasFree { end = clock.now() + MonitorMover.longestPass }
                wasFree = false
                continue
            }
            isHistoryOld = true
            for move in batch where moved.keys.contains(move.monitor) { moves.moved[move.reason, default: 0] += 1 }
            changes.merge(moved) { $1 }
        }
        let written = urgent.filter { changes.keys.contains($0.monitor) }
        pacer.note(urgent: ControlPass.arrivals(of: written), at: clock.wallTime())
        expect(plan.moves.filter { !changes.keys.contains($0.monitor) })
        snapshot.reassign(changes)
    }

    private func planFailover(_ snapshot: ClusterSnapshot) async -> FailoverPlan {
        await mover.planFailover(snapshot, sparing: uncertain(in: snapshot), avoiding: unjudged)
    }

    private func expect(_ moves: [PlannedMove]) {
        pacer.expect(urgent: ControlPass.arrivals(of: moves), at: clock.wallTime())
    }

    private static func arrivals(of moves: [PlannedMove]) -> [NodeReference: Int] {
        moves.reduce(into: [:]) { $0[NodeReference($1.to), default: 0] += 1 }
    }

    private func bringHome(_ snapshot: inout ClusterSnapshot) async throws(StoreError) {
        let mover = mover
        let plan = try await mover.planReturns(snapshot)
        let paced = pacer.admit(plan.planned, in: .any, at: clock.wallTime()) { $0.leg }.map(\.move)
        let end = clock.now() + MonitorMover.longestPass
        var forgets = plan.forgets[...]
        while clock.now() < end, let batch = pace.take(from: &forgets) {
            guard let lease = try await currentLease() else { return }
            try await unlessContended(batch.count) { () async throws(StoreError) in
                try await mover.forget(batch, under: lease)
            }
        }
        var changes: [MonitorID: NodeReference?] = [:]
        var homecomers = (plan.returns + paced)[...]
        while clock.now() < end, let batch = pace.take(from: &homecomers) {
            guard let lease = try await currentLease() else { return }
            await poller.expireAssignments()
            let seen = snapshot
            let returned = try await unlessContended(batch.count) { () async throws(StoreError) in
                try await mover.giveBack(batch, in: seen, under: lease)
            }
            guard let returned else { continue }
            moves.returned += returned.count
            isHistoryOld = true
            changes.merge(returned) { $1 }
        }
        snapshot.reassign(changes)
    }

    /// The urgent moves of a plan that are made now.
    private func urgentMoves(of plan: FailoverPlan, in snapshot: ClusterSnapshot) -> [PlannedMove] {
        isHolding = false
        guard !plan.moves.isEmpty else { return [] }
        // A slow database might not let us come back to it in time.
        guard passes.lastDuration.map({ $0 <= ControlPass.longestHoldingPass }) ?? false else { return plan.moves }
        let wallTime = clock.wallTime()
        let known = Set(snapshot.nodes.map { NodeReference($0.id) })
        let hold = UrgentHold(
            plan.moves, known: known, at: wallTime, configuration.readings, limits: configuration.pacing)
        isHolding = !hold.held.isEmpty
        let period = configuration.readings.index(of: wallTime)
        if isHolding, heldIn != period {
            heldIn = period
            logger.notice(
                "no Kuma would start these before its own reading; until just before it their node may come back",
                metadata: ["monitors": "\(hold.held.count)"])
        }
        return hold.now
    }

    /// Nodes that are lost by a judgement for which it is too soon: none that a person has put into maintenance, and none
    /// that its own agent has found offline since the rest began.
    private func uncertain(in snapshot: ClusterSnapshot) -> Set<NodeReference> {
        let now = clock.now()
        guard !rest.isOver(now: now) else { return [] }
        var uncertain: Set<NodeReference> = []
        for node in snapshot.nodes(asOf: now) where node.adminState != .maintenance {
            let hasSpoken = OwnWord.isOffline(node, judgedSince: rest.since, now: now, limits: configuration.judge)
            if !hasSpoken || silence.silent.contains(node.id) { uncertain.insert(NodeReference(node.id)) }
        }
        return uncertain
    }

    /// Nodes that may have died while nobody could report: their rows say what was true before.
    private var unjudged: UnjudgedNodes {
        UnjudgedNodes(
            Set(silence.unjudged.map { NodeReference($0) }),
            // Two beats, as for an overdue report.
            lastResort: clock.now() < rest.since + configuration.silence.reportTTL / 2 ? .wait : .take)
    }
}
