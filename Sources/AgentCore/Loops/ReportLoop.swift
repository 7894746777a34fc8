import ClusterCore
import ClusterStore
import Logging
import Synchronization

/// Writes one beat after each probe, and one of its own when a hanging probe would leave too long a silence. It prepares
/// the schema first, adopts the database's belief, and goes on trying whatever the database does.
struct ReportLoop: Sendable {
    let agent: AgentService

    /// What the loop remembers from one beat to the next.
    private struct Memory {
        var isSchemaReady = false
        /// Kuma's tables that were missing when it was last said.
        var waitingForKuma: [String] = []
        /// Why the schema could not be completed yet, when that was said.
        var schemaHold: StoreError?
        var conflict: ConflictWatch
        /// The failure that was logged last; nil while the database answers.
        var failure: StoreError?
        /// No event is written before: somebody kept the history locked.
        var historyRestsUntil = ContinuousClock.now
    }

    private enum Beat {
        case done
        case failed(StoreError)
        case conflict(AgentConflict)
    }

    func run() async throws {
        let configuration = agent.configuration
        var memory = Memory(conflict: ConflictWatch(patience: configuration.conflictPatience))
        while !Task.isCancelled {
            let end = await beat(&memory)
            agent.shared.ledger.withLock { $0.endedBeats += 1 }
            switch end {
            case .done:
                break
            case .conflict(let conflict):
                throw conflict
            case .failed(let error):
                if Task.isCancelled { return }
                log(error, &memory)
                if case .notPermitted = error {
                    // Somebody has to grant a right first; asking with every probe would only fill the server's log.
                    do { try await Task.sleep(for: configuration.permissionRetry) } catch { return }
                    continue
                }
            }
            let pause = Jitter.spread(configuration.longestBeatPause, draw: .random(in: 0...1))
            await agent.shared.reportNow.wait(upTo: pause)
        }
    }

    private func beat(_ memory: inout Memory) async -> Beat {
        do throws(StoreError) {
            if !memory.isSchemaReady { try await prepareSchema(&memory) }
            try await adoptBelief()
            let next = agent.shared.judgement.withLock { $0.report(for: agent.configuration, now: .now) }
            guard let next else { return .done }
            let sentAt = ContinuousClock.now
            let answer = try await agent.store.report(next)
            let outcome = answer.outcome
            logDatabaseIsBack(&memory)
            let verdict = memory.conflict.record(outcome, now: .now)
            agent.shared.voice.withLock { $0.record(outcome, sentAt: sentAt) }
            agent.shared.ledger.withLock { $0.record(outcome) }
            if let mark = answer.mark {
                agent.shared.mark.withLock { $0 = mark }
                agent.shared.beaten.wake()
            }
            log(outcome, verdict)
            if let replaced = answer.replacedHost { log(replaced: replaced) }
            await recordChanges(&memory)
            if case .proven(let other) = verdict, agent.configuration.conflictPolicy == .end {
                return .conflict(AgentConflict(node: agent.configuration.node, other: other))
            }
            return .done
        } catch {
            agent.shared.voice.withLock { $0.reportFailed() }
            agent.shared.ledger.withLock { $0.failedBeats += 1 }
            return .failed(error)
        }
    }

    private func prepareSchema(_ memory: inout Memory) async throws(StoreError) {
        let report: SchemaReport
        do throws(StoreError) { report = try await agent.store.prepareSchema() } catch {
            guard case .contended = error else { throw error }
            // What is missing need not be what a beat writes; where it is, the beat fails and says so.
            if memory.schemaHold != error { agent.logger.warning("the schema is not complete yet: \(error)") }
            memory.schemaHold = error
            return
        }
        if !report.added.isEmpty {
            agent.logger.info("schema prepared", metadata: ["added": "\(report.added.joined(separator: ", "))"])
        }
        memory.isSchemaReady = report.waitingForKuma.isEmpty
        guard report.waitingForKuma != memory.waitingForKuma else { return }
        memory.waitingForKuma = report.waitingForKuma
        if !report.waitingForKuma.isEmpty {
            let tables = report.waitingForKuma.joined(separator: ", ")
            let message = report.foreignness ?? "waiting for Kuma to make its tables"
            agent.logger.warning("\(message)", metadata: ["missing": "\(tables)"])
        }
    }

    private func adoptBelief() async throws(StoreError) {
        guard !agent.shared.judgement.withLock({ $0.hasAdopted }) else { return }
        let row = try await agent.store.node(agent.configuration.node)
        agent.shared.voice.withLock { $0.follows(row?.reportAge) }
        let (became, detail) = agent.shared.judgement.withLock { ($0.adopt(row?.status), $0.last?.detail ?? "") }
        if let became { agent.log(became: became, detail: detail) }
    }

    /// The beat is in the database already: a history that takes nothing changes neither that nor the pace.
    private func recordChanges(_ memory: inout Memory) async {
        let changes = agent.shared.changes.withLock { $0 }
        guard !changes.isEmpty, .now >= memory.historyRestsUntil else { return }
        do throws(StoreError) { try await agent.store.record(changes) } catch {
            switch error {
            // Kept for the next beat.
            case .unavailable, .deadlineExceeded, .leaseLost, .schemaMissing: return
            // Nor may each beat wait for whoever locks the table.
            case .contended:
                memory.historyRestsUntil = .now + agent.configuration.permissionRetry
                return
            case .notPermitted, .refused:
                agent.logger.error("events are lost: the history cannot be written", metadata: ["error": "\(error)"])
            }
        }
        // Others may have been noted meanwhile; the limit may also have dropped some of ours.
        agent.shared.changes.withLock { $0.removeFirst(min(changes.count, $0.count)) }
    }
}

/// What the loop logs, each thing once.
extension ReportLoop {
    private func log(_ outcome: ReportOutcome, _ verdict: ConflictWatch.Verdict) {
        let node = agent.configuration.node
        if case .registered = outcome {
            agent.logger.notice("node registered", metadata: ["node": "\(node)"])
            agent.shared.note(ClusterEvent(.nodeRegistered, node: node, detail: agent.configuration.host))
        }
        switch verdict {
        case .clear, .ongoing:
            break
        case .waiting:
            agent.logger.info("another agent's report is still fresh", metadata: ["node": "\(node)"])
        case .proven(let other):
            let conflict = AgentConflict(node: node, other: other)
            agent.logger.error("\(conflict); this one reports nothing")
            agent.shared.note(ClusterEvent(.agentConflict, node: node, detail: conflict.description))
        case .ended:
            agent.logger.notice("the other agent is gone; reporting again", metadata: ["node": "\(node)"])
        }
    }

    /// - Parameter replaced: what the row said; empty for nothing.
    private func log(replaced: String) {
        let (node, host) = (agent.configuration.node, agent.configuration.host)
        agent.logger.notice(
            "NODE_HOST replaces the host that the node's row said",
            metadata: ["node": "\(node)", "host": "\(host)", "before": "\(replaced)"])
        let before = replaced.isEmpty ? "the row named none" : "the row said \(replaced)"
        agent.shared.note(
            ClusterEvent(.hostChanged, node: node, detail: "\(node) is at \(host), by its NODE_HOST; \(before)"))
    }

    private func log(_ error: StoreError, _ memory: inout Memory) {
        if case .schemaMissing = error { memory.isSchemaReady = false }
        guard memory.failure != error else { return }
        let isNew = memory.failure == nil
        memory.failure = error
        if case .notPermitted = error { return agent.logger.error("\(error)") }
        // The reasons change while a server restarts; one warning an outage is enough.
        agent.logger.log(level: isNew ? .warning : .debug, "\(error); probing goes on")
    }

    private func logDatabaseIsBack(_ memory: inout Memory) {
        guard memory.failure != nil else { return }
        memory.failure = nil
        agent.logger.notice("the database answers again")
    }
}
