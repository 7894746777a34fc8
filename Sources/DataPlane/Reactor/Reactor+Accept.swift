import CLinux
import ClusterCore
import Glibc
import HTTPFraming
import Synchronization

extension Reactor {
    /// Connections taken from a listener in one turn; more: it is reported again, after the others.
    private static var acceptsPerTurn: Int { 64 }

    /// Takes connections from a listener, up to a turn's share.
    /// - Returns: `.made` when there may be more.
    @discardableResult
    func accept(from index: Int) -> Progress {
        guard index < listeners.count else { return .none }
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
        guard let slot = slab.take() else {
            // Only ever the turned away fill the slab to its end: their descriptor closes here.
            if decision == .admitted { budget.giveBack() }
            facts.turnedAway.add(1, ordering: .relaxed)
            return
        }
        let number = descriptor.number
        slot.pointee.client.open(descriptor)
        let token = EventToken(
            role: .client, index: slot.pointee.index, generation: slot.pointee.client.generation)
        slot.pointee.peer = peer
        slot.pointee.requests = 0
        slot.pointee.answerForm = .json
        switch decision {
        case .admitted:
            slot.pointee.isCounted = true
            slot.pointee.phase = .sniffing
            slot.pointee.trust = trust(of: peer)
            facts.accepted.add(1, ordering: .relaxed)
            facts.openConnections.add(1, ordering: .relaxed)
            wheel.arm(slot.pointee.index, at: now + (isDraining ? deadlines.linger : deadlines.idle))
        case .turnedAway:
            slot.pointee.isCounted = false
            facts.turnedAway.add(1, ordering: .relaxed)
            answer(slot, .tooManyConnections(retryAfterSeconds: configuration.limits.retryAfterSeconds))
        }
        SystemCall.setNoDelay(number)
        switch SystemCall.retryingShim({ clinux_epoll_add_edge(epoll.number, number, token.bits) }) {
        case .success: return
        // ENOMEM or the user's watch limit (epoll_ctl(2)): without events the connection cannot be served.
        case .failure: closeConnection(slot)
        }
    }

    private func trust(of peer: SocketAddress) -> PeerTrust {
        let address = peer.ip
        return configuration.trustedProxies.contains { $0.contains(address) } ? .trusted : .untrusted
    }

    /// No descriptor is free: gives up the reserve to accept one connection, and closes it. The client learns at once
    /// rather than waiting in the backlog, and the listener does not report it for ever.
    private func turnAwayWithReserve(_ index: Int) {
        reserve = nil
        switch listeners.accept(index) {
        case .accepted: facts.turnedAway.add(1, ordering: .relaxed)
        case .wouldBlock: break
        case .lost: break
        case .exhausted: break
        }
        reserve = Reactor.openReserve()
    }
}
