import ClusterCore
package import ClusterStore
import Logging
import Synchronization

extension ControlPlane {
    /// Everything that is due now; each piece must then be performed exactly once.
    package func step(now: ContinuousClock.Instant) -> [Work] {
        for node in suspects(now: now) { prober.hurry(node) }
        feed.beat(now: now)
        let revision = prober.revision
        let probes = prober.takeDue(now: now)
        var work: [Work] = []
        let isTableDue = shared.withLock { state -> Bool in
            // First: an address is there at once in most cases, and a probe needs it.
            work += state.book.take(now: now).map { .lookUp(host: $0) }
            work += probes.map { .probe($0) }
            if !state.isPassRunning, now >= state.nextPass {
                state.isPassRunning = true
                work.append(.pass)
            }
            if let changed = savable(&state, .tick, now: now) { work.append(.save(changed)) }
            defer {
                state.isTableDue = false
                state.proberRevision = revision
            }
            return state.isTableDue || state.proberRevision != revision
        }
        if isTableDue { publishTable() }
        return work
    }

    /// Does one piece of work that `step` returned.
    package func perform(_ work: Work) async {
        switch work {
        case .pass:
            var step = beginPass()
            while case .ask(let statement) = step { step = passAnswered(await store.outcome(of: statement)) }
        case .probe(let request):
            _ = await check(request)
        case .lookUp(let host):
            lookup(host) { [weak self] answer in self?.resolved(host, answer) }
        case .save(let saved):
            save(saved)
        }
    }

    /// Begins a pass that `step` returned, for a driver that has no tasks: it asks what the step says, and hands each answer
    /// to `passAnswered` until the pass is over.
    package func beginPass() -> PassStep { noted(driver.begin(received)) }

    /// Takes the answer to what the pass asked last.
    package func passAnswered(_ answer: Result<PassAnswer, StoreError>) -> PassStep {
        noted(driver.answered(answer, received))
    }

    private func noted(_ step: PassStep) -> PassStep {
        guard case .rest(let span) = step else { return step }
        let next = clock.now() + span
        shared.withLock { state in
            state.isPassRunning = false
            state.nextPass = next
        }
        return step
    }

    /// The nodes whose clients were refused since the last step; their names are looked up anew.
    private func suspects(now: ContinuousClock.Instant) -> [NodeID] {
        shared.withLock { state in
            // Counters only rise, so an equal sum says that none did, and no node need be looked up.
            let sum = state.table.nodes.reduce(0) { $0 &+ $1.traffic.connectFailures.load(ordering: .relaxed) }
            let seen = State.FailureSum(generation: state.table.generation, failures: sum)
            guard seen != state.failureSum else { return [] }
            state.failureSum = seen
            var suspects: [NodeID] = []
            for node in state.table.nodes {
                let failures = node.traffic.connectFailures.load(ordering: .relaxed)
                if let before = state.connectFailures.updateValue(failures, forKey: node.id), failures > before {
                    suspects.append(node.id)
                }
            }
            for node in state.report.snapshot?.nodes ?? [] where suspects.contains(node.id) {
                if let host = node.address?.host { state.book.doubt(host, now: now) }
            }
            return suspects
        }
    }

    func check(_ request: ProbeBoard.Request) async -> ProbeResult {
        let sight = shared.withLock { $0.book.sight(of: request.address) }
        let result = await prober.perform(request, at: sight) { believe($0, after: sight, of: request) }
        switch result.finding {
        case .healthy, .degraded:
            // One good probe is enough to end an ejection (ChoosingANode.md).
            shared.withLock { $0.traffic.traffic(of: request.node) }.connectSucceeded()
        case .unhealthy: break
        }
        return result
    }

    /// Notes which address answered, or that none did, and says whose answer it is.
    /// - Parameter address: that answered well.
    private func believe(
        _ address: SocketAddress?, after sight: AddressBook.Sight, of request: ProbeBoard.Request
    ) -> AddressClaims.Verdict {
        let (now, host) = (clock.now(), request.address.host)
        return shared.withLock { state -> AddressClaims.Verdict in
            guard let address else {
                state.book.doubt(host, now: now)
                if case .known(let tried) = sight, let first = tried.first,
                    state.book.unanswered(host, beginningWith: first)
                {
                    state.moved()
                }
                return .own
            }
            if state.book.answered(address, for: host) { state.moved() }
            if state.areClaimsOld, state.claims.quiet.contains(request.node) { claim(&state, now: now) }
            let verdict = state.claims.verdict(on: request.node, at: address, state.book.certainty(of: host, now: now))
            if let rival = state.claims.rival(of: request.node, at: address), verdict != .own {
                // It may have moved away, with its name not looked up since.
                let claimant = state.report.snapshot?.nodes.first { $0.id == rival }
                if let host = claimant?.address?.host { state.book.doubt(host, now: now) }
            }
            return verdict
        }
    }

    private func resolved(_ host: String, _ answer: AddressBook.Answer) {
        let now = clock.now()
        let (trouble, hasMoved) = shared.withLock { state -> (String?, Bool) in
            let before = state.book.address(of: host)
            let trouble = state.book.record(answer, for: host, now: now)
            // Asked again, most names say the same again: then there is no other table to make.
            let hasMoved = state.book.address(of: host) != before
            if hasMoved { state.moved() }
            return (trouble, hasMoved)
        }
        if hasMoved { prober.recheck(host) }
        if let trouble {
            logger.warning(
                "a node's host name does not resolve; its last address, if any, stays in use",
                metadata: ["host": "\(host)", "reason": "\(trouble)"])
        }
    }

    /// Who is where, by what is known now.
    private func claim(_ state: inout State, now: ContinuousClock.Instant) {
        guard let snapshot = state.report.snapshot else { return }
        state.areClaimsOld = false
        state.claims = AddressClaims(
            snapshot.nodes(asOf: now), silent: state.report.silent, overdue: configuration.silence.reportTTL / 2
        ) { [book = state.book] address, claimant in
            switch (claimant, book.certainty(of: address.host, now: now)) {
            case (.reporting, _), (.silent, .certain): book.resolve(address)
            case (.silent, .unsure), (.silent, .gone): nil
            }
        }
    }

    /// Takes what a pass learned.
    func received(_ report: PassReport) {
        let now = clock.now()
        shared.withLock { state in
            var next = report
            // Until the first good poll the state file's snapshot stands.
            if next.snapshot == nil { next.snapshot = state.report.snapshot }
            let isRead = next.snapshot?.readAt == state.report.snapshot?.readAt && next.silent == state.report.silent
            state.report = next
            switch next.occasion {
            // In most passes nothing was said of a node since the poll.
            case .ended where isRead: break
            case .polled, .ended, .failed: adopt(&state, now: now)
            }
        }
        publishTable()
    }

    func adopt(_ state: inout State, now: ContinuousClock.Instant) {
        guard let nodes = state.report.snapshot?.nodes else { return }
        state.book.follow(Set(nodes.compactMap { $0.address?.host }), now: now)
        claim(&state, now: now)
        // What is said of a quiet node depends on its name: that is looked up as often as it may be.
        for node in nodes where state.claims.quiet.contains(node.id) {
            if let host = node.address?.host { state.book.doubt(host, now: now) }
        }
        state.traffic.trim(to: nodes.map(\.id))
        if state.connectFailures.count > NodeTrafficRegistry.limit { state.connectFailures = [:] }
    }

    func publishTable() {
        let table = shared.withLock { state -> RoutingTable? in
            let shortage = state.report.database.shortage
            // A table without nodes says why there are none.
            guard state.report.snapshot != nil || shortage != state.table.shortage else { return nil }
            var traffic = state.traffic
            let nodes =
                state.report.snapshot.map { snapshot in
                    builder.nodes(
                        of: snapshot, probed: { prober.status(of: $0) }, resolved: state.book.resolve,
                        traffic: { traffic.traffic(of: $0) })
                } ?? []
            state.traffic = traffic
            let isSetupPending = !(state.report.snapshot?.isSetUp ?? true)
            let monitors = state.report.snapshot?.monitors ?? .empty
            guard
                RoutingTableBuilder.differs(
                    nodes, isSetupPending: isSetupPending, monitors: monitors, shortage: shortage, from: state.table)
            else { return nil }
            let recovered = RoutingTableBuilder.recovered(nodes, since: state.table)
            if !recovered.isEmpty {
                let moment = clock.monotonicNanoseconds()
                for node in recovered { node.traffic.becameRoutable(now: moment) }
            }
            state.table = RoutingTable(
                generation: state.table.generation + 1, isSetupPending: isSetupPending, nodes: nodes,
                monitorLimit: configuration.monitorLimit, monitors: monitors, shortage: shortage)
            state.tableUpdatedAt = clock.now()
            return state.table
        }
        if let table { publisher.publish(table) }
    }
}
