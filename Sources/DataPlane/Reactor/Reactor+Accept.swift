import CLinux
import ClusterCore
import Glibc
import HTTPFraming
import Logging
import Synchronization

extension Reactor {
    /// Connections taken from a listener in one turn; more: it is reported again, after the others.
    private static var acceptsPerTurn: Int { 64 }

    /// Takes connections from a listener, up to a turn's share.
    /// - Returns: `.made` when there may be more.
    @discardableResult
    func accept(from index: Int) -> Progress {
        guard index < listeners.count else { return .none }
        spreadIfDue()
        for _ in 0..<Reactor.acceptsPerTurn {
            switch listeners.accept(index) {
            case .accepted(let descriptor, let peer): admit(descriptor, from: peer)
            case .wouldBlock: return .none
            case .lost: continue
            case .exhausted:
                // An idle upstream connection is worth less than a client.
                if upstreams.closeOldest() { continue }
                turnAwayWithReserve(index)
                return .none
            }
        }
        return .made
    }

    private func admit(_ descriptor: consuming Descriptor, from peer: SocketAddress) {
        let decision = budget.take()
        // Above their share, those that are turned away close here without a word: each holds a descriptor until its answer
        // has left, and a flood of them must not take those of the admitted.
        let isBeyondShare = decision == .turnedAway && turnedAwayCount >= Reactor.turnedAwaySlots
        guard !isBeyondShare, let slot = slab.take() else {
            if decision == .admitted { budget.giveBack() }
            facts.turnedAway.wrappingAdd(1, ordering: .relaxed)
            return
        }
        let number = descriptor.number
        slot.pointee.client.open(descriptor)
        let token = EventToken(
            role: .client, index: slot.pointee.index, generation: slot.pointee.client.generation)
        slot.pointee.peer = peer
        slot.pointee.transport = .plain
        slot.pointee.requests = 0
        slot.pointee.answerForm = .json
        switch decision {
        case .admitted:
            slot.pointee.isCounted = true
            slot.pointee.phase = .sniffing
            slot.pointee.trust = trust(of: peer)
            slot.pointee.proxyHeader = proxyHeaderState(slot)
            facts.accepted.wrappingAdd(1, ordering: .relaxed)
            facts.openConnections.wrappingAdd(1, ordering: .relaxed)
            armFirstRequest(slot)
            if slot.pointee.trust == .untrusted { joinCensus(slot) }
        case .turnedAway:
            slot.pointee.isCounted = false
            turnedAwayCount += 1
            facts.turnedAway.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .tooManyConnections(retryAfterSeconds: configuration.limits.retryAfterSeconds))
        }
        switch SystemCall.retryingShim({ clinux_epoll_add_edge(epoll.number, number, token.bits) }) {
        case .success: return
        // ENOMEM or the user's watch limit (epoll_ctl(2)): without events the connection cannot be served.
        case .failure: closeConnection(slot)
        }
    }

    /// A connection on which nothing has been asked yet.
    func armFirstRequest(_ slot: Slot) {
        wheel.arm(slot.pointee.index, at: now + (isDraining ? deadlines.linger : deadlines.idle))
    }

    private func proxyHeaderState(_ slot: Slot) -> ProxyHeaderState {
        switch (configuration.proxyProtocol, slot.pointee.trust) {
        case (.accept, .trusted): .awaited
        case (.accept, .untrusted), (.off, _): .passed
        }
    }

    func trust(of peer: SocketAddress) -> PeerTrust {
        let address = peer.ip
        return configuration.trustedProxies.contains { $0.contains(address) } ? .trusted : .untrusted
    }

    /// No descriptor is free: gives up the reserve to accept one connection, and closes it. The client learns at once
    /// rather than waiting in the backlog, and the listener does not report it for ever.
    private func turnAwayWithReserve(_ index: Int) {
        reserve = nil
        switch listeners.accept(index) {
        case .accepted: facts.turnedAway.wrappingAdd(1, ordering: .relaxed)
        case .wouldBlock: break
        case .lost: break
        // Another thread took what the reserve left.
        case .exhausted: leaveListenersAlone()
        }
        reserve = Reactor.openReserve()
    }

    /// Nothing can be accepted, not even to be turned away: level-triggered, the listeners would be reported at once and for
    /// ever.
    private func leaveListenersAlone() {
        guard listenAgain == nil else { return }
        for index in 0..<listeners.count { _ = clinux_epoll_remove(epoll.number, listeners.descriptor(index)) }
        listenAgain = now + Reactor.listenPause
    }

    /// Watches the listeners again, when it is time.
    func listenAgainIfDue() {
        guard let due = listenAgain, now >= due else { return }
        listenAgain = nil
        for index in 0..<listeners.count {
            do throws(SystemError) { try registerListener(index) } catch {
                // It is watched: an attempt before failed at another one.
                if error.number == EEXIST { continue }
                listenAgain = now + Reactor.listenPause
                logger.warning("a listener cannot be watched", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Long enough for some connections to end, and far below any client's patience.
    private static var listenPause: UInt64 { 100_000_000 }

    // MARK: One client's share

    /// Counts the connection for its client, or answers that the client has too many. (A trusted proxy's own address is no
    /// client: it is not counted until a header names one.)
    func joinCensus(_ slot: Slot) {
        switch census.enter(slot.pointee.peer.ip) {
        case .unlimited: return
        case .admitted: slot.pointee.isInCensus = true
        case .turnedAway:
            facts.turnedAway.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .tooManyFromClient(retryAfterSeconds: configuration.limits.retryAfterSeconds))
        }
    }

    func leaveCensus(_ slot: Slot) {
        guard slot.pointee.isInCensus else { return }
        slot.pointee.isInCensus = false
        census.leave(slot.pointee.peer.ip)
    }

    // MARK: Handing the listeners over

    /// Between two times of undoing what a predecessor asked of the kernel: one system call, and no hurry.
    static var spreadSpan: UInt64 { 60_000_000_000 }

    private func spreadIfDue() {
        guard now >= spreadDue, !isDraining else { return }
        spreadDue = now + Reactor.spreadSpan
        for index in 0..<listeners.count { listeners.spread(index) }
    }

    /// The first step, when draining begins. Inherited sockets live on outside, and their queues with them: nothing more is
    /// taken from those.
    func handOverListeners() {
        for index in 0..<listeners.count {
            switch listeners.provenance(index) {
            case .bound: listeners.preferSuccessor(index, ownCount: configuration.reactors)
            case .inherited: listenUntil = now
            }
        }
    }

    /// The second: what the kernel has accepted is taken, and nothing more.
    func stopListening() {
        for index in 0..<listeners.count {
            switch listeners.provenance(index) {
            case .bound:
                listeners.preferSuccessor(index, ownCount: configuration.reactors)
                var turns = Int(Listener.backlog) / Reactor.acceptsPerTurn
                while turns > 0, accept(from: index) == .made { turns -= 1 }
            case .inherited:
                // Closing our descriptor would not do: the registration belongs to the socket, which others hold open
                // (epoll(7), "Will closing a file descriptor …").
                _ = clinux_epoll_remove(epoll.number, listeners.descriptor(index))
            }
        }
        listeners.removeAll()
    }
}
