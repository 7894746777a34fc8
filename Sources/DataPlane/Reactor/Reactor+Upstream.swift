import CLinux
import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// Starts a connection to `target`; the request waits in `toUpstream`.
    func beginConnect(_ slot: Slot, to target: UpstreamTarget) {
        slot.pointee.phase = .connecting
        slot.pointee.target = target
        let outcome: OutgoingSocket.Outcome
        switch target {
        case .none: return
        case .controlAPI: outcome = OutgoingSocket.connect(to: controlSocket)
        case .node(let node):
            stay(slot, with: node)
            guard let address = directory.entries[node].node?.address else {
                tryNextNode(slot, after: node)
                return
            }
            outcome = OutgoingSocket.connect(to: address)
        }
        switch consume outcome {
        case .failed: connectFailed(slot)
        case .begun(let descriptor):
            let number = descriptor.number
            slot.pointee.upstream.open(descriptor)
            let token = EventToken(
                role: .upstream, index: slot.pointee.index, generation: slot.pointee.upstream.generation)
            wheel.arm(slot.pointee.index, at: now + deadlines.connect)
            switch SystemCall.retryingShim({ clinux_epoll_add_edge(epoll.number, number, token.bits) }) {
            case .success: return
            case .failure: connectFailed(slot)
            }
        }
    }

    /// Connecting: the first writability, or a failure, says how it ended.
    func finishConnect(_ slot: Slot) -> Progress {
        guard slot.pointee.upstream.isWritable || slot.pointee.upstream.hasEnded else { return .none }
        if SystemCall.takeError(slot.pointee.upstream.number) != nil {
            connectFailed(slot)
            return .made
        }
        if case .node(let node) = slot.pointee.target { directory.entries[node].traffic.connectSucceeded() }
        countForwarded(slot)
        slot.pointee.phase = .exchanging
        armExchange(slot)
        return .made
    }

    func countForwarded(_ slot: Slot) {
        if case .node(let node) = slot.pointee.target {
            directory.entries[node].traffic.requests.add(1, ordering: .relaxed)
        }
    }

    /// Nothing was sent, so the next best node may take the request (DESIGN.md §3.1 (3)).
    func connectFailed(_ slot: Slot) {
        slot.pointee.upstream.close()
        switch slot.pointee.target {
        case .none: return
        case .controlAPI:
            facts.failed.add(1, ordering: .relaxed)
            answer(slot, .controlAPIUnavailable(retryAfterSeconds: configuration.limits.retryAfterSeconds))
        case .node(let node):
            directory.entries[node].traffic.connectFailed(now: now, draw: Double.random(in: 0...1))
            tryNextNode(slot, after: node)
        }
    }

    private func tryNextNode(_ slot: Slot, after node: Int) {
        slot.pointee.upstream.close()
        slot.pointee.tried.insert(node)
        let attempts = min(configuration.limits.connectAttempts, TriedNodes.capacity)
        // The pin, if any, has been tried: from here on the balancer chooses.
        let next =
            slot.pointee.tried.count < attempts
            ? directory.choose(pin: .none, sticky: -1, tried: slot.pointee.tried, now: now) : nil
        guard let next else {
            facts.failed.add(1, ordering: .relaxed)
            answer(slot, .noNodeAvailable(retryAfterSeconds: configuration.limits.retryAfterSeconds))
            return
        }
        facts.retried.add(1, ordering: .relaxed)
        slot.pointee.via = next.via
        beginConnect(slot, to: .node(next.node))
    }

    /// Sends the request again, on a fresh connection to where it went before.
    func replay(_ slot: Slot) {
        let target = slot.pointee.target
        slot.pointee.upstream.close()
        slot.pointee.upstreamInput.removeAll()
        slot.pointee.toUpstream.removeAll()
        swap(&slot.pointee.toUpstream, &slot.pointee.replay)
        slot.pointee.exchange?.replayed()
        facts.retried.add(1, ordering: .relaxed)
        beginConnect(slot, to: target)
    }

    /// Counts the client at `node`, and no longer where it was.
    private func stay(_ slot: Slot, with node: Int) {
        guard slot.pointee.stickyNode != node else { return }
        leaveNode(slot)
        slot.pointee.stickyNode = node
        directory.refer(to: node)
    }

    private func leaveNode(_ slot: Slot) {
        guard slot.pointee.stickyNode >= 0 else { return }
        directory.forget(slot.pointee.stickyNode)
        slot.pointee.stickyNode = -1
    }

    /// Closes the upstream connection and drops what was due to it.
    func closeUpstream(_ slot: Slot) {
        if slot.pointee.upstream.isOpen { slot.pointee.upstream.close() }
        slot.pointee.target = .none
        slot.pointee.toUpstream.removeAll()
        slot.pointee.upstreamInput.removeAll()
        slot.pointee.replay.removeAll()
    }

    /// Between requests an upstream has nothing to say: anything it says is its end.
    func dropKeptUpstreamIfEnded(_ slot: Slot) {
        guard slot.pointee.upstream.isReadable, slot.pointee.upstream.isOpen else { return }
        // The flag also stays set when a response happened to fill the receive buffer to its last byte.
        if SystemCall.isIdleAndOpen(slot.pointee.upstream.number) {
            slot.pointee.upstream.isReadable = false
        } else {
            closeUpstream(slot)
        }
    }

    /// The table says that the node of this connection is gone: its clients are to reconnect elsewhere at once.
    func nodeLost(_ slot: Slot) {
        switch slot.pointee.phase {
        case .vacant: return
        case .sniffing, .closing: closeUpstream(slot)
        // Nothing was sent yet: another node takes the request.
        case .connecting:
            if case .node(let node) = slot.pointee.target { tryNextNode(slot, after: node) }
        case .exchanging, .tunnelling: breakOff(slot)
        }
        serve(slot)
    }

    /// Ends a connection so that the client sees that what it has is not the whole.
    func breakOff(_ slot: Slot) {
        SystemCall.setResetOnClose(slot.pointee.client.number)
        closeConnection(slot)
    }

    /// The one way to vacant: gives back every descriptor, byte and count that the connection had.
    func closeConnection(_ slot: Slot) {
        switch slot.pointee.phase {
        case .vacant: return
        case .tunnelling: facts.openTunnels.subtract(1, ordering: .relaxed)
        case .sniffing, .connecting, .exchanging, .closing: break
        }
        closeUpstream(slot)
        slot.pointee.client.close()
        slot.pointee.input.removeAll()
        slot.pointee.isInputUnread = false
        slot.pointee.toClient.removeAll()
        slot.pointee.exchange = nil
        slot.pointee.requestSniffer = RequestHeadSniffer()
        slot.pointee.responseSniffer = ResponseHeadSniffer()
        slot.pointee.isQueued = false
        slot.pointee.phase = .vacant
        leaveNode(slot)
        wheel.disarm(slot.pointee.index)
        if slot.pointee.isCounted {
            facts.openConnections.subtract(1, ordering: .relaxed)
            budget.giveBack()
        }
        slab.giveBack(slot)
    }
}
