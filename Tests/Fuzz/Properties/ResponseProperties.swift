import HTTPFraming

/// What must hold for any stream of a node: as for requests, with these of its own: a response has a body exactly when
/// the reference says so, and what `Connection` of a node named stays here.
struct ResponseProperties {
    private let seed: UInt64
    private let made: ResponseStream
    private let transcript: ResponseTranscript

    static func check(
        _ made: ResponseStream, seed: UInt64, _ generator: inout CaseGenerator, counting counts: inout CaseCounts
    ) throws(FuzzFailure) {
        let pin: PinClearing = generator.oneIn(4) ? .clear : .none
        let whole = ResponseRelay.relay(
            made.bytes, answering: made.requests, arriving: [made.bytes.count], pin: pin)
        counts.streams += 1
        counts.messages += UInt64(whole.messages.count)
        if whole.isRefused { counts.refused += 1 }
        let properties = ResponseProperties(seed: seed, made: made, transcript: whole)

        let lengths = generator.arrivals(of: made.bytes.count)
        let pieces = ResponseRelay.relay(made.bytes, answering: made.requests, arriving: lengths, pin: pin)
        try properties.require(pieces.ending == whole.ending, "\(pieces.ending) in pieces, \(whole.ending) whole")
        try properties.require(pieces.messages == whole.messages, "other responses in pieces than whole")
        try properties.require(
            pieces.forwarded == whole.forwarded, "other bytes in pieces than whole", pieces.forwarded)
        try properties.checkForwarded(pin)
        made.bytes.withUnsafeBytes { _ = EngineIOHandshake.sessionID(in: $0) }
    }

    private func require(
        _ holds: Bool, _ property: @autoclosure () -> String, _ output: [UInt8]? = nil
    ) throws(FuzzFailure) {
        if holds { return }
        throw FuzzFailure(seed: seed, property: property(), input: made.bytes, output: output ?? transcript.forwarded)
    }

    private func checkForwarded(_ pin: PinClearing) throws(FuzzFailure) {
        let original = ReferenceResponses(made.bytes, answering: made.requests)
        let refused = original.isRefused ? "refused" : "not refused"
        try require(
            original.isRefused == transcript.isRefused, "\(transcript.ending), but \(refused) by the reference")
        try require(
            original.messages.count == transcript.messages.count,
            "\(transcript.messages.count) responses, but \(original.messages.count) by the reference")

        let again = ResponseRelay.relay(
            transcript.forwarded, answering: made.requests, arriving: [transcript.forwarded.count], pin: .none)
        try require(!again.isRefused, "what was forwarded is refused: \(again.ending)")
        try require(again.messages.count == transcript.messages.count, "other responses are forwarded than came")
        for (one, other) in zip(transcript.messages, again.messages) {
            try require(
                one.kind == other.kind && one.status == other.status && one.framing == other.framing, "another response"
            )
        }

        let reference = ReferenceResponses(transcript.forwarded, answering: made.requests)
        try require(!reference.isRefused, "what was forwarded is refused by the reference")
        try require(
            reference.messages.count == original.messages.count, "the reference reads other responses behind us")
        for (one, other) in zip(original.messages, reference.messages) {
            try require(one.statusAndReason == other.statusAndReason, "another status line")
            try require(one.framing == other.framing && one.body == other.body, "another body", other.body)
            try checkFields(one, other, pin)
        }
    }

    private static let ours: Set<String> = StampedFields.dropped.union([
        "content-length", "transfer-encoding", "connection", "upgrade", "x-routed-node", "x-routed-to",
        "x-routed-via",
    ])
    private static let cleared = Array("KUMA_FIXED_NODE=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax".utf8)

    private func checkFields(
        _ original: ReferenceResponse, _ sent: ReferenceResponse, _ pin: PinClearing
    ) throws(FuzzFailure) {
        let head = sent.head
        let isInterim = sent.status < 200 && sent.framing != .tunnel
        if isInterim {
            let isBare = head.fields.allSatisfy { !ResponseProperties.ours.contains($0.name) }
            try require(isBare, "an interim response carries framing, a route or a connection")
        } else {
            if let fault = StampedFields.fault(in: head, isTunnel: sent.framing == .tunnel) {
                try require(false, fault)
            }
            try require(head.values("x-routed-to") == [Array("n1".utf8)], "a forged route")
            try require(head.values("x-routed-node") == [Array("n1".utf8)], "a forged route")
            try require(head.values("x-routed-via") == [Array("load-balancer".utf8)], "a forged route")
            if sent.framing == .untilClose {
                try require(head.values("connection").map(StampedFields.text) == ["close"], "the end is not announced")
            }
            if sent.status == 204 { try require(head.values("content-length").isEmpty, "a 204 with a length") }
        }
        let named = Set(original.head.elements("connection"))
        var expected = original.head.fields.filter {
            !ResponseProperties.ours.contains($0.name) && !named.contains($0.name)
        }
        switch pin {
        case .none: break
        case .clear: if !isInterim { expected.append((name: "set-cookie", value: ResponseProperties.cleared)) }
        }
        let others = head.fields.filter { !ResponseProperties.ours.contains($0.name) }
        try require(StampedFields.areSame(others, expected), "fields are lost, added or in another order")
    }
}

extension ResponseTranscript {
    var isRefused: Bool {
        switch ending {
        case .open, .finished, .truncated: false
        case .rejected, .violated: true
        }
    }
}
