import ClusterCore
import HTTPFraming
import Logging
import Synchronization

extension Reactor {
    /// Answers in place of an upstream, and closes after it.
    func answer(_ slot: Slot, _ response: LocalResponse) {
        let form = slot.pointee.answerForm
        let isHead = slot.pointee.exchange?.context.method == .head
        closeUpstream(slot)
        slot.pointee.exchange = nil
        // Off the steady path: an error may allocate. SAFETY: the bytes are copied while the array lends them.
        let bytes = isHead ? response.headBytes(as: form) : response.bytes(as: form)
        bytes.withUnsafeBytes { slot.pointee.toClient.append($0) }
        noteAnswer(slot, response, bytes: bytes.count)
        beginClosing(slot)
    }

    /// From here on nothing of the client is understood any more.
    func beginClosing(_ slot: Slot) {
        slot.pointee.exchange = nil
        slot.pointee.input.removeAll()
        slot.pointee.isInputUnread = false
        slot.pointee.phase = .closing
        wheel.arm(
            slot.pointee.index, at: isDraining ? min(drainUntil, now + deadlines.exchange) : now + deadlines.exchange)
    }

    /// Closing: what is due leaves first; then our end is told, and what the client still sends is dropped until it ends
    /// too or the time is over. A close with unread bytes would reset the connection and destroy the answer on its way
    /// (RFC 9112 §9.6).
    func moveClosing(_ slot: Slot) -> Progress {
        let flushed = flush(&slot.pointee.toClient, to: &slot.pointee.client)
        guard flushed.delivery == .accepted else {
            closeConnection(slot)
            return .made
        }
        guard slot.pointee.toClient.isEmpty else { return flushed.progress }
        if !slot.pointee.client.isShut {
            recordAccess(slot)
            SystemCall.endSending(slot.pointee.client.number)
            slot.pointee.client.isShut = true
            slot.pointee.awaitedSince = now
            wheel.arm(slot.pointee.index, at: now + deadlines.linger)
            return .made
        }
        guard slot.pointee.client.isReadable else { return .none }
        switch receive(from: &slot.pointee.client) {
        case .moved:
            // It is still uploading, and has perhaps not seen the answer.
            let end = slot.pointee.awaitedSince + deadlines.linger * Reactor.lingerSpans
            wheel.arm(slot.pointee.index, at: min(now + deadlines.linger, end))
            return .made
        case .wouldBlock: return .none
        case .endOfStream, .failed:
            closeConnection(slot)
            return .made
        }
    }

    /// What a client that goes on sending has in all, in lengths of `linger`; as nginx, which waits 5 s and 30 s.
    private static var lingerSpans: UInt64 { 6 }

    /// The connection's only deadline has passed; what it was for follows from the phase.
    func deadlinePassed(_ slot: Slot) {
        switch slot.pointee.phase {
        case .vacant: return
        case .sniffing: silencePassed(slot)
        case .connecting: isDraining && now >= drainUntil ? closeConnection(slot) : connectFailed(slot)
        case .exchanging: exchangeTimedOut(slot)
        case .tunnelling, .closing: closeConnection(slot)
        }
        serve(slot)
    }

    private func exchangeTimedOut(_ slot: Slot) {
        if slot.pointee.client.hasEnded, slot.pointee.exchange?.isUnanswered == true {
            closeConnection(slot)
            return
        }
        switch slot.pointee.exchange?.timedOut() {
        case .none: closeConnection(slot)
        case .answerRequestTimeout:
            facts.rejected.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .bodyTimedOut)
        case .answerGatewayTimeout:
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .nodeTimedOut)
        case .breakOff:
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            breakOff(slot, because: .nodeTimedOut)
        }
    }

    private func silencePassed(_ slot: Slot) {
        if !slot.pointee.input.isEmpty {
            facts.rejected.wrappingAdd(1, ordering: .relaxed)
            answer(slot, LocalResponse(.headTimedOut))
        } else {
            closeConnection(slot)
        }
    }

    // MARK: Draining

    /// Hands the listeners over (`Listener`); idle connections end within `linger`, exchanges within `drainExchanges`,
    /// tunnels spread over `drainTunnels` (<doc:LifeOfAConnection>).
    func beginDraining() {
        isDraining = true
        drainUntil = now + deadlines.drainExchanges
        listenUntil = now + deadlines.handOver
        handOverListeners()
        for index in 0..<slab.prepared {
            guard let slot = slab.slot(index) else { continue }
            switch slot.pointee.phase {
            // A connect keeps its own, shorter deadline: it may yet be tried on the next node.
            case .vacant, .connecting: continue
            case .closing: if !slot.pointee.client.isShut { wheel.arm(index, at: drainUntil) }
            case .sniffing: drainSniffing(slot)
            case .exchanging: wheel.arm(index, at: drainUntil)
            case .tunnelling: spreadTunnel(slot)
            }
        }
        logger.info(
            "draining",
            metadata: ["connections": "\(slab.usedCount)", "tunnels": "\(facts.openTunnels.load(ordering: .relaxed))"])
    }

    /// A client between requests may be sending the next one just now, and was not told to leave: it has a moment for it,
    /// and the answer says close. A connection that was closed under a request would be a failed request.
    func drainSniffing(_ slot: Slot) {
        let span = slot.pointee.input.isEmpty ? deadlines.linger : min(deadlines.head, deadlines.drainExchanges)
        wheel.arm(slot.pointee.index, at: now + span)
    }
}
