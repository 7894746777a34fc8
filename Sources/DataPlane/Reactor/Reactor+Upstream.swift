import CLinux
import ClusterCore
import Glibc
import HTTPFraming
import Synchronization

extension Reactor {
    /// Starts a connection to `target`; the request waits in `toUpstream`.
    func beginConnect(_ slot: Slot, to target: UpstreamTarget) {
        slot.pointee.phase = .connecting
        slot.pointee.target = target
        slot.pointee.awaitedSince = now
        var edition: UInt32 = 0
        if case .node(let node) = target {
            stay(slot, with: node)
            edition = directory.entries[node].edition
            guard directory.entries[node].node?.address != nil else {
                tryNextNode(slot, after: node)
                return
            }
        }
        switch openSocket(to: target) {
        case .failed(let error):
            if error.isOurLack { answerOurLack(slot) } else { connectFailed(slot) }
        case .begun(let descriptor):
            let number = descriptor.number
            slot.pointee.upstream.open(descriptor)
            let record = upstreams.enter(slot.pointee.index, target, edition: edition)
            slot.pointee.upstreamRecord = Int32(record)
            wheel.arm(slot.pointee.index, at: now + deadlines.connect)
            let token = upstreams.token(of: record)
            switch SystemCall.retryingShim({ clinux_epoll_add_edge(epoll.number, number, token.bits) }) {
            case .success: return
            case .failure: answerOurLack(slot)
            }
        }
    }

    /// We have no descriptor, port or memory for the connection: no fault of the node's, which is not ejected for it.
    private func answerOurLack(_ slot: Slot) {
        dropUpstream(slot)
        switch slot.pointee.target {
        case .none: return
        case .controlAPI: connectFailed(slot)
        case .node: answerNoNode(slot)
        }
    }

    /// When no descriptor is free, idle upstream connections make room, the oldest first.
    private func openSocket(to target: UpstreamTarget) -> OutgoingSocket.Outcome {
        while true {
            let outcome: OutgoingSocket.Outcome
            switch target {
            case .none: return .failed(SystemError(number: EDESTADDRREQ))
            case .controlAPI: outcome = OutgoingSocket.connect(to: controlSocket)
            case .node(let node):
                guard let address = directory.entries[node].node?.address else {
                    return .failed(SystemError(number: EDESTADDRREQ))
                }
                outcome = OutgoingSocket.connect(to: address)
            }
            switch consume outcome {
            case .begun(let descriptor): return .begun(descriptor)
            case .failed(let error):
                guard error.meansNoDescriptor, upstreams.closeOldest() else { return .failed(error) }
            }
        }
    }

    /// Connecting: the first writability, or a failure, says how it ended.
    func finishConnect(_ slot: Slot) -> Progress {
        guard slot.pointee.upstream.isWritable || slot.pointee.upstream.hasEnded else { return .none }
        // A failed connect is reported as such (EPOLLERR, EPOLLHUP); asking for its reason after each good one costs a call.
        if slot.pointee.upstream.hasEnded, SystemCall.takeError(slot.pointee.upstream.number) != nil {
            connectFailed(slot)
            return .made
        }
        if case .node(let node) = slot.pointee.target {
            directory.entries[node].traffic.connectSucceeded()
            directory.entries[node].traffic.connectTimes.add(now - slot.pointee.awaitedSince)
        }
        countForwarded(slot)
        slot.pointee.phase = .exchanging
        armExchange(slot)
        return .made
    }

    func countForwarded(_ slot: Slot) {
        slot.pointee.awaitedSince = now
        noteForwarded(slot)
        if case .node(let node) = slot.pointee.target {
            directory.entries[node].traffic.requests.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// Nothing was sent, so the next best node may take the request (<doc:LifeOfAConnection>).
    func connectFailed(_ slot: Slot) {
        dropUpstream(slot)
        switch slot.pointee.target {
        case .none: return
        case .controlAPI:
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .controlAPIUnavailable(retryAfterSeconds: configuration.limits.retryAfterSeconds))
        case .node(let node):
            directory.connectFailed(node, now: now, draw: Double.random(in: 0...1))
            tryNextNode(slot, after: node)
        }
    }

    private func tryNextNode(_ slot: Slot, after node: Int) {
        dropUpstream(slot)
        guard let next = chooseNext(slot, after: node) else {
            answerNoNode(slot)
            return
        }
        slot.pointee.exchange?.movedOn()
        countRetry(from: .node(node))
        slot.pointee.via = next.via
        beginConnect(slot, to: .node(next.node))
    }

    private func chooseNext(_ slot: Slot, after node: Int) -> NodeDirectory.Choice? {
        slot.pointee.tried.insert(node)
        let attempts = min(configuration.limits.connectAttempts, TriedNodes.capacity)
        guard slot.pointee.tried.count < attempts else { return nil }
        // The pin, if any, has been tried: from here on the balancer chooses.
        let resending: NodeDirectory.Resending = slot.pointee.exchange?.isReplayable == true ? .possible : .impossible
        return directory.choose(
            pin: .none, affinity: slot.pointee.affinity, sticky: -1, tried: slot.pointee.tried, resending, now: now)
    }

    func answerNoNode(_ slot: Slot) {
        facts.failed.wrappingAdd(1, ordering: .relaxed)
        let pause = configuration.limits.retryAfterSeconds
        answer(slot, .noNodeAvailable(because: directory.shortage, retryAfterSeconds: pause))
    }

    /// Sends a request again that died unanswered.
    func replay(_ slot: Slot, _ again: ExchangeStateMachine.Again, because cause: UpstreamEndCause) {
        var target = slot.pointee.target
        var way = again
        switch (again, target) {
        case (.freshConnection, .none), (.freshConnection, .controlAPI): break
        case (.freshConnection, .node(let node))
        where directory.entries[node].isServing && !directory.entries[node].traffic.isEjected(now: now):
            break
        case (.freshConnection, .node(let node)), (.anotherNode, .node(let node)):
            guard let next = chooseNext(slot, after: node) else {
                answerUpstreamEnded(slot, because: cause)
                return
            }
            slot.pointee.via = next.via
            target = .node(next.node)
            way = .anotherNode
        case (.anotherNode, .none), (.anotherNode, .controlAPI):
            answerUpstreamEnded(slot, because: cause)
            return
        }
        dropUpstream(slot)
        slot.pointee.upstreamInput.removeAll()
        slot.pointee.toUpstream.removeAll()
        slot.pointee.toUpstream.append(slot.pointee.replay.bytes)
        slot.pointee.exchange?.replayed(way)
        countRetry(from: slot.pointee.target)
        beginConnect(slot, to: target)
    }

    private func countRetry(from target: UpstreamTarget) {
        facts.retried.wrappingAdd(1, ordering: .relaxed)
        if case .node(let node) = target { directory.entries[node].traffic.retries.wrappingAdd(1, ordering: .relaxed) }
    }

    func answerUpstreamEnded(_ slot: Slot, because cause: UpstreamEndCause) {
        facts.failed.wrappingAdd(1, ordering: .relaxed)
        switch cause {
        case .nodeClosed: answer(slot, .nodeClosed)
        case .nodeGivenUp:
            facts.cut.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .nodeGivenUp)
        }
    }

    /// Counts the client at `node`, and no longer where it was.
    func stay(_ slot: Slot, with node: Int) {
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

    /// Closes the upstream connection; the request may go on elsewhere.
    func dropUpstream(_ slot: Slot) {
        guard slot.pointee.upstream.isOpen else { return }
        slot.pointee.upstream.close()
        upstreams.leave(Int(slot.pointee.upstreamRecord))
    }

    /// Closes the upstream connection and drops what was due to it.
    func closeUpstream(_ slot: Slot) {
        dropUpstream(slot)
        slot.pointee.target = .none
        slot.pointee.toUpstream.removeAll()
        pipes.discard(&slot.pointee.upstreamLane)
        slot.pointee.upstreamInput.removeAll()
        slot.pointee.replay.removeAll()
    }

    /// The table says that the node of this connection is gone: its clients are to reconnect elsewhere at once.
    func nodeLost(_ slot: Slot) {
        switch slot.pointee.phase {
        case .vacant: return
        case .sniffing, .closing: closeUpstream(slot)
        // Nothing was sent yet: another node takes the request.
        case .connecting:
            if case .node(let node) = slot.pointee.target { tryNextNode(slot, after: node) }
        // Unanswered, it may go to another node; answered in full, the client is to have the answer.
        case .exchanging: upstreamEnded(slot, .reset, because: .nodeGivenUp)
        case .tunnelling: breakOff(slot, because: .nodeGivenUp)
        }
        serve(slot)
    }

    /// Ends a connection so that the client sees that what it has is not the whole.
    func breakOff(_ slot: Slot, because reason: BreakReason) {
        if reason == .nodeGivenUp { facts.cut.wrappingAdd(1, ordering: .relaxed) }
        slot.pointee.access?.cut(because: reason)
        SystemCall.setResetOnClose(slot.pointee.client.number)
        closeConnection(slot)
    }

    /// The one way to vacant: gives back every descriptor, byte and count that the connection had.
    func closeConnection(_ slot: Slot) {
        switch slot.pointee.phase {
        case .vacant: return
        case .tunnelling: facts.openTunnels.wrappingSubtract(1, ordering: .relaxed)
        case .sniffing, .connecting, .exchanging, .closing: break
        }
        recordAccess(slot)
        slot.pointee.access = nil
        closeUpstream(slot)
        slot.pointee.client.close()
        slot.pointee.input.removeAll()
        slot.pointee.isInputUnread = false
        slot.pointee.toClient.removeAll()
        pipes.discard(&slot.pointee.clientLane)
        slot.pointee.exchange = nil
        slot.pointee.sessionSearch = nil
        slot.pointee.requestSniffer = RequestHeadSniffer()
        slot.pointee.responseSniffer = ResponseHeadSniffer()
        slot.pointee.isQueued = false
        slot.pointee.phase = .vacant
        leaveNode(slot)
        leaveCensus(slot)
        wheel.disarm(slot.pointee.index)
        if slot.pointee.isCounted {
            facts.openConnections.wrappingSubtract(1, ordering: .relaxed)
            budget.giveBack()
        } else {
            turnedAwayCount -= 1
        }
        slab.giveBack(slot)
    }
}
