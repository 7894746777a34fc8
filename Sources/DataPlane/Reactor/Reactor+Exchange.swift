import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// Exchanging: moves what can be moved, each direction as far as its peer takes it.
    func moveExchange(_ slot: Slot) -> Progress {
        let request = moveRequest(slot)
        guard slot.pointee.phase == .exchanging else { return .made }
        let response = moveResponse(slot)
        guard slot.pointee.phase == .exchanging else { return .made }
        if slot.pointee.toClient.isEmpty, slot.pointee.clientLane.isEmpty, let ending = slot.pointee.exchange?.ending {
            switch ending {
            case .unfinished: break
            case .next(let persistence):
                finishExchange(slot, upstream: persistence)
                return .made
            case .closeClient(let persistence, let closer):
                recordAccess(slot)
                letGoOfUpstream(slot, persistence)
                endClient(slot, by: closer)
                return .made
            }
        }
        let hasMoved = request == .made || response == .made
        if hasMoved { armExchange(slot) }
        return hasMoved ? .made : .none
    }

    /// Any byte in either direction gives an exchange its full time again. A client that has ended gets a response only
    /// if one begins soon.
    func armExchange(_ slot: Slot) {
        guard !isDraining else {
            wheel.arm(slot.pointee.index, at: drainUntil)
            return
        }
        let isAbandoned = slot.pointee.client.hasEnded && slot.pointee.exchange?.isUnanswered == true
        wheel.arm(slot.pointee.index, at: now + (isAbandoned ? deadlines.abandoned : deadlines.exchange))
    }

    // MARK: Request

    private func moveRequest(_ slot: Slot) -> Progress {
        let flushed = flush(
            &slot.pointee.toUpstream, &slot.pointee.upstreamLane, to: &slot.pointee.upstream)
        if flushed.delivery == .failed {
            upstreamRefusedBytes(slot)
            return .made
        }
        guard let exchange = slot.pointee.exchange, !exchange.isRequestComplete, !exchange.isResponseComplete,
            slot.pointee.toUpstream.isEmpty, slot.pointee.upstreamLane.isEmpty, !slot.pointee.upstream.isShut
        else { return flushed.progress }
        if !slot.pointee.input.isEmpty {
            moveBody(slot, slot.pointee.input.bytes, from: .stored)
            return .made
        }
        guard slot.pointee.client.isReadable else { return flushed.progress }
        if maySplice(exchange.requestRun, slot.pointee.upstreamLane) {
            switch spliceRequest(slot, exchange.requestRun) {
            case .made: return .made
            case .none: return flushed.progress
            case .unavailable: break
            }
        }
        switch receive(from: &slot.pointee.client, noting: &slot.pointee.upstreamLane) {
        case .wouldBlock: return flushed.progress
        case .moved(let count): moveBody(slot, incoming.first(count), from: .scratch)
        // The body will never be whole; the node must not take what it has for all of it.
        case .endOfStream, .failed: breakOff(slot, because: .clientClosed)
        }
        return .made
    }

    private func moveBody(_ slot: Slot, _ bytes: UnsafeRawBufferPointer, from source: ByteSource) {
        let count: Int
        switch slot.pointee.exchange?.received(fromClient: bytes) {
        case .none: return
        case .forward: count = bytes.count
        case .forwardLast(let last): count = last
        case .reject:
            facts.rejected.wrappingAdd(1, ordering: .relaxed)
            if slot.pointee.exchange?.isUnanswered == true {
                answer(slot, .badRequestBody)
            } else {
                breakOff(slot, because: .badRequestBody)
            }
            return
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        let delivery = deliver(body, to: &slot.pointee.upstream, pending: &slot.pointee.toUpstream)
        switch source {
        case .stored: slot.pointee.input.removeFirst(count)
        case .scratch: slot.pointee.input.append(UnsafeRawBufferPointer(rebasing: bytes[count...]))
        }
        if delivery == .failed { upstreamRefusedBytes(slot) }
    }

    /// The node takes no more of the request. It may have answered before it closed, so what it said is read first; the
    /// end of its side then decides.
    func upstreamRefusedBytes(_ slot: Slot) {
        slot.pointee.toUpstream.removeAll()
        pipes.discard(&slot.pointee.upstreamLane)
        slot.pointee.upstream.isShut = true
        slot.pointee.upstream.isReadable = true
        slot.pointee.upstream.hasEnded = true
    }

    // MARK: Response

    private func moveResponse(_ slot: Slot) -> Progress {
        let flushed = flush(&slot.pointee.toClient, &slot.pointee.clientLane, to: &slot.pointee.client)
        if flushed.delivery == .failed {
            closeConnection(slot)
            return .made
        }
        guard slot.pointee.toClient.isEmpty, slot.pointee.clientLane.isEmpty, slot.pointee.upstream.isReadable,
            let exchange = slot.pointee.exchange, !exchange.isResponseComplete
        else { return flushed.progress }
        if slot.pointee.upstreamInput.isEmpty, maySplice(exchange.responseRun, slot.pointee.clientLane) {
            switch spliceResponse(slot, exchange.responseRun) {
            case .made: return .made
            case .none: return flushed.progress
            case .unavailable: break
            }
        }
        let outcome = receive(
            from: &slot.pointee.upstream, behind: slot.pointee.upstreamInput.count, noting: &slot.pointee.clientLane)
        switch outcome {
        case .wouldBlock: return flushed.progress
        case .moved(let count):
            slot.pointee.exchange?.upstreamSpoke()
            slot.pointee.replay.removeAll()
            let received = incoming.first(count)
            if slot.pointee.upstreamInput.isEmpty {
                respond(slot, received, from: .scratch)
            } else {
                slot.pointee.upstreamInput.append(received)
                respond(slot, slot.pointee.upstreamInput.bytes, from: .stored)
            }
        // A send that failed has taken the error of a reset with it (tcp(7)); what looks like an end then is none.
        case .endOfStream: upstreamEnded(slot, slot.pointee.upstream.isShut ? .reset : .closed)
        case .failed: upstreamEnded(slot, .reset)
        }
        return .made
    }

    func upstreamEnded(
        _ slot: Slot, _ end: ExchangeStateMachine.UpstreamEnd, because cause: UpstreamEndCause = .nodeClosed
    ) {
        slot.pointee.upstream.isReadable = false
        let action = slot.pointee.exchange?.upstreamEnded(end)
        switch (action, cause) {
        case (.replay, .nodeClosed), (.answerBadGateway, .nodeClosed), (.breakOff, .nodeClosed):
            brokeOff(slot.pointee.target)
        case (.none, _), (.finish, _), (_, .nodeGivenUp): break
        }
        switch action {
        // The step that follows finds the exchange complete, and ends it.
        case .none, .finish: return
        case .replay(let again): replay(slot, again, because: cause)
        case .answerBadGateway: answerUpstreamEnded(slot, because: cause)
        case .breakOff:
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            switch cause {
            case .nodeClosed: breakOff(slot, because: .nodeClosed)
            case .nodeGivenUp: breakOff(slot, because: .nodeGivenUp)
            }
        }
    }

    /// The exchange is over and the client stays: its next request may be here already.
    private func finishExchange(_ slot: Slot, upstream persistence: Persistence) {
        recordAccess(slot)
        slot.pointee.exchange = nil
        slot.pointee.replay.removeAll()
        slot.pointee.clientLane.pace = .unknown
        slot.pointee.upstreamLane.pace = .unknown
        letGoOfUpstream(slot, persistence)
        slot.pointee.phase = .sniffing
        slot.pointee.isInputUnread = !slot.pointee.input.isEmpty
        // Draining began after this response's head had promised to go on.
        if isDraining { drainSniffing(slot) } else { armIdle(slot) }
    }

    private func letGoOfUpstream(_ slot: Slot, _ persistence: Persistence) {
        switch persistence {
        case .close: closeUpstream(slot)
        case .keepAlive: giveBackUpstream(slot)
        }
    }

    /// The exchange is over and so is the client's connection. Where the client asked for that and nothing of it is
    /// unread, a plain close loses nothing: it saves telling our end first and waiting for the client's.
    private func endClient(_ slot: Slot, by closer: ExchangeStateMachine.Closer) {
        let isUnread = slot.pointee.client.isReadable || !slot.pointee.input.isEmpty
        switch closer {
        case .client where !isUnread: closeConnection(slot)
        case .client, .balancer: beginClosing(slot)
        }
    }

    /// Between requests.
    func armIdle(_ slot: Slot) { wheel.arm(slot.pointee.index, at: now + deadlines.idle) }
}
