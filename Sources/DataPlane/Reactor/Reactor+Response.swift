import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// Takes bytes of the upstream, as far as they can be understood; a partial head stays in `upstreamInput`.
    func respond(_ slot: Slot, _ bytes: UnsafeRawBufferPointer, from source: ByteSource) {
        var consumed = 0
        while consumed < bytes.count, slot.pointee.phase == .exchanging {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            let step: ResponseStep
            switch slot.pointee.exchange?.stage {
            case .none: return
            case .awaitingHead: step = respondHead(slot, rest)
            case .body: step = respondBody(slot, rest)
            case .complete:
                slot.pointee.exchange?.upstreamOverran()
                step = .took(rest.count)
            }
            switch step {
            case .took(let count): consumed += count
            case .needsMore:
                keep(rest, of: slot, consumed: consumed, from: source)
                return
            // The connection was answered or closed: `bytes` may be gone.
            case .ended: return
            }
        }
        switch source {
        case .scratch: return
        case .stored: slot.pointee.upstreamInput.removeAll()
        }
    }

    enum ResponseStep { case took(Int), needsMore, ended }

    private func keep(_ rest: UnsafeRawBufferPointer, of slot: Slot, consumed: Int, from source: ByteSource) {
        switch source {
        case .scratch: slot.pointee.upstreamInput.append(rest)
        case .stored: slot.pointee.upstreamInput.removeFirst(consumed)
        }
    }

    private func respondHead(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> ResponseStep {
        guard let context = slot.pointee.exchange?.context else { return .ended }
        switch slot.pointee.responseSniffer.sniff(bytes, answering: context, into: &responseFields) {
        case .needMore: return .needsMore
        case .rejected:
            slot.pointee.responseSniffer = ResponseHeadSniffer()
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .badNodeResponse)
            return .ended
        case .complete(let head):
            slot.pointee.responseSniffer = ResponseHeadSniffer()
            if head.kind != .interim { slot.pointee.access?.status = head.status }
            if head.kind != .interim, case .node(let node) = slot.pointee.target {
                directory.entries[node].traffic.responded(head.status, after: now - slot.pointee.awaitedSince)
            }
            switch slot.pointee.exchange?.received(head, while: isDraining ? .draining : .open) {
            case .none: return .ended
            case .dropInterim: return .took(head.headBytes)
            case .forwardInterim: return send(slot, head, bytes, client: .keepAlive)
            case .relay(let persistence):
                beginSessionSearch(slot, head)
                return send(slot, head, bytes, client: persistence)
            case .startTunnel:
                let step = send(slot, head, bytes, client: .keepAlive)
                if case .took = step { return beginTunnel(slot, firstBytes: bytes, behind: head.headBytes) }
                return step
            }
        }
    }

    /// Stamps a head and sends it with what is there of its body, in one go.
    private func send(
        _ slot: Slot, _ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, client: Persistence
    ) -> ResponseStep {
        guard case .written(let headLength) = rewrite(slot, head, bytes, client: client) else {
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            answer(slot, .badNodeResponse)
            return .ended
        }
        var length = headLength
        var taken = head.headBytes
        let rest = UnsafeRawBufferPointer(rebasing: bytes[head.headBytes...])
        if slot.pointee.exchange?.stage == .body, !rest.isEmpty {
            // The buffer is as large as the longest head and a full receive buffer.
            let room = UnsafeMutableRawBufferPointer(rebasing: outgoing.bytes[length...])
            guard let body = take(rest, of: slot, into: room) else {
                facts.failed.wrappingAdd(1, ordering: .relaxed)
                answer(slot, .badNodeResponse)
                return .ended
            }
            taken += body.taken
            length += body.written
        }
        slot.pointee.access?.responseBytes += length
        let delivery = deliver(outgoing.first(length), to: &slot.pointee.client, pending: &slot.pointee.toClient)
        guard delivery == .accepted else {
            closeConnection(slot)
            return .ended
        }
        return .took(taken)
    }

    /// Takes the body's share of `bytes`, and writes what of it the client gets.
    /// - Returns: nil when the bytes break the framing.
    private func take(
        _ bytes: UnsafeRawBufferPointer, of slot: Slot, into room: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, written: Int)? {
        let action: ExchangeStateMachine.ResponseBytesAction?
        var bare: Int?
        switch slot.pointee.exchange?.bodyForm {
        case .none: return nil
        case .framed: action = slot.pointee.exchange?.received(fromUpstream: bytes)
        case .bare:
            let received = slot.pointee.exchange?.received(fromUpstream: bytes, copyingDataTo: room)
            action = received?.action
            bare = received?.dataBytes
        }
        let taken: Int
        switch action {
        case .none, .breakOff: return nil
        case .forward: taken = bytes.count
        case .forwardLast(let last): taken = last
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<taken])
        searchSession(slot, in: body)
        if bare == nil { room.copyMemory(from: body) }
        return (taken, bare ?? taken)
    }

    private func rewrite(
        _ slot: Slot, _ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, client: Persistence
    ) -> RewriteOutcome {
        // SAFETY: the lines are read during the rewriting only, while the directory is not changed.
        func rewrite(_ routed: UnsafeRawBufferPointer) -> RewriteOutcome {
            ResponseHeadRewriter.rewrite(
                head, of: bytes, fields: responseFields, client: client,
                body: slot.pointee.exchange?.bodyForm ?? .framed, routed: routed, pin: slot.pointee.pinClearing,
                into: outgoing.bytes)
        }
        switch slot.pointee.target {
        case .none, .controlAPI: return rewrite(UnsafeRawBufferPointer(start: nil, count: 0))
        case .node(let node):
            return switch slot.pointee.via {
            case .loadBalancer: directory.entries[node].routedByBalancer.withUnsafeBytes(rewrite)
            case .fixedNode: directory.entries[node].routedByPin.withUnsafeBytes(rewrite)
            }
        }
    }

    private func respondBody(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> ResponseStep {
        if slot.pointee.exchange?.bodyForm == .bare { return respondBare(slot, bytes) }
        let count: Int
        switch slot.pointee.exchange?.received(fromUpstream: bytes) {
        case .none: return .ended
        case .forward: count = bytes.count
        case .forwardLast(let last): count = last
        case .breakOff:
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            breakOff(slot, because: .badNodeResponse)
            return .ended
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        searchSession(slot, in: body)
        slot.pointee.access?.responseBytes += count
        let delivery = deliver(body, to: &slot.pointee.client, pending: &slot.pointee.toClient)
        guard delivery == .accepted else {
            closeConnection(slot)
            return .ended
        }
        return .took(count)
    }

    /// The body's data, without the framing that came with it.
    private func respondBare(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> ResponseStep {
        guard let body = take(bytes, of: slot, into: outgoing.bytes) else {
            facts.failed.wrappingAdd(1, ordering: .relaxed)
            breakOff(slot, because: .badNodeResponse)
            return .ended
        }
        slot.pointee.access?.responseBytes += body.written
        let data = outgoing.first(body.written)
        guard deliver(data, to: &slot.pointee.client, pending: &slot.pointee.toClient) == .accepted else {
            closeConnection(slot)
            return .ended
        }
        return .took(body.taken)
    }
}
