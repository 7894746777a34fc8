import ClusterCore
import Glibc
import HTTPFraming
import Synchronization

/// Where the bytes at hand lie: what is left of them must be stored, or removed.
enum ByteSource { case scratch, stored }

extension Reactor {
    /// Sniffing: one receive, or the pipelined bytes that are here already.
    func readRequest(_ slot: Slot) -> Progress {
        if slot.pointee.isInputUnread {
            slot.pointee.isInputUnread = false
            armHead(slot)
            sniff(slot, slot.pointee.input.bytes, from: .stored)
            return .made
        }
        guard slot.pointee.client.isReadable else { return .none }
        switch receive(from: &slot.pointee.client, behind: slot.pointee.input.count) {
        case .wouldBlock: return .none
        // Silent: a client that sends nothing, or half a head, and leaves wants no answer.
        case .endOfStream, .failed: closeConnection(slot)
        case .moved(let count):
            let received = incoming.first(count)
            if slot.pointee.input.isEmpty {
                sniff(slot, received, from: .scratch)
            } else {
                slot.pointee.input.append(received)
                sniff(slot, slot.pointee.input.bytes, from: .stored)
            }
        }
        return .made
    }

    private func armHead(_ slot: Slot) { wheel.arm(slot.pointee.index, at: now + deadlines.head) }

    /// Looks for a proxy's header first, where one may come, and then for a head.
    private func sniff(_ slot: Slot, _ bytes: UnsafeRawBufferPointer, from source: ByteSource) {
        guard slot.pointee.proxyHeader == .awaited else {
            sniffHead(slot, bytes, from: source)
            return
        }
        switch (readProxyHeader(slot, bytes), source) {
        case (.ended, _), (.needMore, .stored): return
        case (.needMore, .scratch): keepPartialHead(slot, bytes)
        case (.passed(let count), .scratch):
            guard count < bytes.count else { return }
            sniffHead(slot, UnsafeRawBufferPointer(rebasing: bytes[count...]), from: .scratch)
        case (.passed(let count), .stored):
            slot.pointee.input.removeFirst(count)
            guard !slot.pointee.input.isEmpty else { return }
            armHead(slot)
            sniffHead(slot, slot.pointee.input.bytes, from: .stored)
        }
    }

    private func keepPartialHead(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) {
        slot.pointee.input.append(bytes)
        armHead(slot)
    }

    /// Looks for a whole head in `bytes`, which are all that came since the last request.
    private func sniffHead(_ slot: Slot, _ bytes: UnsafeRawBufferPointer, from source: ByteSource) {
        switch slot.pointee.requestSniffer.sniff(bytes, into: &requestFields) {
        case .needMore where Reactor.isEmptyLines(bytes):
            // Left over from the request before (RFC 9112 §2.2): no head has begun.
            slot.pointee.requestSniffer = RequestHeadSniffer()
            slot.pointee.input.removeAll()
            // Once: a client that sends nothing else has no more time for it.
            if source == .stored, !isDraining { armIdle(slot) }
        case .needMore:
            switch source {
            case .stored: return
            case .scratch: keepPartialHead(slot, bytes)
            }
        case .notHTTP: closeAsNotHTTP(slot, bytes)
        // A PROXY header from somebody who may not send one: no request, but a proxy that is set up wrongly.
        case .rejected where ProxyHeaderSniffer.isLine(bytes): closeAsNotHTTP(slot, bytes)
        case .rejected(let rejection):
            facts.rejected.wrappingAdd(1, ordering: .relaxed)
            answer(slot, LocalResponse(rejection))
        case .complete(let head):
            slot.pointee.requestSniffer = RequestHeadSniffer()
            slot.pointee.requests &+= 1
            slot.pointee.answerForm = head.answerForm
            slot.pointee.tried.removeAll()
            slot.pointee.pinClearing = .none
            facts.requests.wrappingAdd(1, ordering: .relaxed)
            noteRequest(slot, head, bytes)
            if head.isLastHop { answer(slot, .capabilities) } else { dispatch(slot, head, bytes, from: source) }
        }
    }

    private static func isEmptyLines(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count.isMultiple(of: 2) else { return false }
        return stride(from: 0, to: bytes.count, by: 2).allSatisfy {
            bytes[$0] == UInt8(ascii: "\r") && bytes[$0 + 1] == UInt8(ascii: "\n")
        }
    }

    /// Sends a request on its way: chooses, stamps, and uses an idle upstream connection or starts a new one.
    private func dispatch(
        _ slot: Slot, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, from source: ByteSource
    ) {
        if case .node(let resource) = head.destination { slot.pointee.affinity = affinity(slot, head, resource, bytes) }
        let (wanted, origin) = chooseUpstream(slot, head, bytes)
        slot.pointee.exchange = ExchangeStateMachine(head, upstream: origin)
        guard wanted != .none else {
            answerNoNode(slot)
            return
        }
        guard let length = assemble(slot, head, bytes, from: source) else { return }
        let assembled = outgoing.first(length)
        if slot.pointee.exchange?.isReplayable == true { slot.pointee.replay.append(assembled) }
        switch origin {
        case .kept:
            slot.pointee.phase = .exchanging
            countForwarded(slot)
            armExchange(slot)
            sendAssembled(slot, assembled)
        case .fresh:
            slot.pointee.toUpstream.append(assembled)
            beginConnect(slot, to: wanted)
        }
    }

    /// Ends: each choice that is made again has closed an idle connection.
    private func chooseUpstream(
        _ slot: Slot, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> (target: UpstreamTarget, origin: ExchangeStateMachine.UpstreamOrigin) {
        let reuse = ExchangeStateMachine.reuse(for: head)
        while true {
            let wanted: UpstreamTarget
            switch (head.destination, reuse) {
            case (.controlAPI, _): wanted = .controlAPI
            case (.node, .any): wanted = chooseNode(slot, pin: head.pin.bytes(in: bytes), .possible)
            case (.node, .verified), (.node, .never):
                wanted = chooseNode(slot, pin: head.pin.bytes(in: bytes), .impossible)
            }
            if let origin = lendIdleUpstream(slot, for: wanted, reuse) { return (wanted, origin) }
        }
    }

    private func chooseNode(
        _ slot: Slot, pin bytes: UnsafeRawBufferPointer, _ resending: NodeDirectory.Resending
    ) -> UpstreamTarget {
        let pin = directory.pin(bytes)
        slot.pointee.pinClearing = pin == .stale ? .clear : .none
        let choice = directory.choose(
            pin: pin, affinity: slot.pointee.affinity, sticky: slot.pointee.stickyNode, tried: slot.pointee.tried,
            resending, now: now)
        guard let choice else { return .none }
        slot.pointee.via = choice.via
        return .node(choice.node)
    }

    /// Writes the stamped head, and what of the body is here already, into the outgoing buffer; what is left stays in
    /// `input` for the next request.
    /// - Returns: bytes written; nil when the request was answered instead.
    private func assemble(
        _ slot: Slot, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, from source: ByteSource
    ) -> Int? {
        guard case .written(let headLength) = rewrite(head, bytes, for: slot) else {
            facts.rejected.wrappingAdd(1, ordering: .relaxed)
            answer(slot, LocalResponse(.headTooLarge))
            return nil
        }
        var consumed = head.headBytes
        var length = headLength
        let rest = UnsafeRawBufferPointer(rebasing: bytes[head.headBytes...])
        if !rest.isEmpty, let bodyLength = bodyBytes(slot, in: rest) {
            guard bodyLength >= 0 else {
                facts.rejected.wrappingAdd(1, ordering: .relaxed)
                answer(slot, .badRequestBody)
                return nil
            }
            // The buffer is as large as the longest head and a full receive buffer.
            let body = UnsafeRawBufferPointer(rebasing: rest[..<bodyLength])
            UnsafeMutableRawBufferPointer(rebasing: outgoing.bytes[length...]).copyMemory(from: body)
            length += bodyLength
            consumed += bodyLength
        }
        switch source {
        case .stored: slot.pointee.input.removeFirst(consumed)
        case .scratch: slot.pointee.input.append(UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
        }
        return length
    }

    /// How many of the bytes behind the head are its body; nil for none, -1 when they break the framing.
    private func bodyBytes(_ slot: Slot, in rest: UnsafeRawBufferPointer) -> Int? {
        guard let exchange = slot.pointee.exchange, !exchange.isRequestComplete else { return nil }
        switch slot.pointee.exchange?.received(fromClient: rest) {
        case .none: return nil
        case .forward: return rest.count
        case .forwardLast(let count): return count
        case .reject: return -1
        }
    }

    private func rewrite(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, for slot: Slot) -> RewriteOutcome {
        let ip = slot.pointee.peer.ip
        let trust = slot.pointee.trust
        let authority = head.host.isEmpty ? localAuthority(slot) : []
        let proto: StaticString =
            switch slot.pointee.transport {
            case .plain: "http"
            case .tls: "https"
            }
        return withUnsafeTemporaryAllocation(byteCount: IPAddress.textBytes, alignment: 1) { text in
            // SAFETY: the stamps' buffers outlive the rewriting: one is on this stack frame, one a literal, one lent for it.
            let address = UnsafeRawBufferPointer(rebasing: text[..<ip.writeText(into: text)])
            return authority.withUnsafeBytes { authority in
                let stamps = RequestStamps(
                    clientAddress: address,
                    proto: UnsafeRawBufferPointer(start: proto.utf8Start, count: proto.utf8CodeUnitCount),
                    authority: authority, trust: trust)
                return RequestHeadRewriter.rewrite(
                    head, of: bytes, fields: requestFields, stamps: stamps, upstream: .keepAlive, into: outgoing.bytes)
            }
        }
    }

    /// Where the client connected. Off the steady path: asked for clients of HTTP/1.0 that name no host.
    private func localAuthority(_ slot: Slot) -> [UInt8] {
        let number = slot.pointee.client.number
        let (_, address) = SocketAddress.reading { getsockname(number, $0, $1) }
        return Array((address?.description ?? "").utf8)
    }

    private func sendAssembled(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) {
        let delivery = deliver(bytes, to: &slot.pointee.upstream, pending: &slot.pointee.toUpstream)
        switch delivery {
        case .accepted: return
        case .failed: upstreamRefusedBytes(slot)
        }
    }
}
