import HTTPFraming

/// What must hold for any stream of requests:
///
/// 1. Its reading does not depend on the pieces in which it arrives, nor on whether bodies are looked at or moved unseen.
/// 2. The reference reads the same requests, and refuses what is refused.
/// 3. What is forwarded reads as the same requests, by the sniffer and by the reference, bodies byte for byte.
/// 4. Forwarding what was forwarded changes nothing: there is one normal form.
/// 5. Each forwarded head is in that form: one Host, at most one framing field, every stamp once and true, nothing of the
///    hop before, and every other field as it came and in its order.
struct RequestProperties {
    private let seed: UInt64
    private let stream: [UInt8]
    private let transcript: RequestTranscript
    private let original: ReferenceRequests

    static func check(
        _ stream: [UInt8], seed: UInt64, _ generator: inout CaseGenerator, counting counts: inout CaseCounts
    ) throws(FuzzFailure) {
        let trust: PeerTrust = generator.oneIn(4) ? .trusted : .untrusted
        let whole = RequestRelay.relay(stream, arriving: [stream.count], trust: trust, moving: .copying)
        counts.streams += 1
        counts.messages += UInt64(whole.messages.count)
        counts.refused += whole.isRefused ? 1 : 0
        let properties = RequestProperties(
            seed: seed, stream: stream, transcript: whole, original: ReferenceRequests(stream))
        try properties.checkPieces(trust, &generator)
        try properties.checkReference()
        try properties.checkForwarded(trust, &generator)
    }

    private func require(
        _ holds: Bool, _ property: @autoclosure () -> String, _ output: [UInt8]? = nil
    ) throws(FuzzFailure) {
        if holds { return }
        throw FuzzFailure(seed: seed, property: property(), input: stream, output: output ?? transcript.forwarded)
    }

    private func checkPieces(_ trust: PeerTrust, _ generator: inout CaseGenerator) throws(FuzzFailure) {
        for moving in [RequestRelay.Moving.copying, .splicing] {
            let lengths = generator.arrivals(of: stream.count)
            let pieces = RequestRelay.relay(stream, arriving: lengths, trust: trust, moving: moving)
            try require(pieces.ending == transcript.ending, "\(pieces.ending) in pieces, \(transcript.ending) whole")
            try require(pieces.messages == transcript.messages, "other requests in pieces than whole")
            try require(pieces.forwarded == transcript.forwarded, "other bytes in pieces than whole", pieces.forwarded)
        }
    }

    private func checkReference() throws(FuzzFailure) {
        let refused = original.isRefused ? "refused" : "not refused"
        try require(
            original.isRefused == transcript.isRefused, "\(transcript.ending), but \(refused) by the reference")
        try require(
            original.messages.count == transcript.messages.count,
            "\(transcript.messages.count) requests, but \(original.messages.count) by the reference")
        for (message, reference) in zip(transcript.messages, original.messages) {
            try require(StampedFields.text(message.methodText) == reference.method, "the method differs")
            try require(message.host == reference.host ?? [], "the host differs")
            try require(message.framing == RequestProperties.framing(reference), "the framing differs")
            try require((message.upgrade == .webSocket) == reference.asksForWebSocket, "the upgrade differs")
            try require(message.version == (reference.isHTTP10 ? .http10 : .http11), "the version differs")
            try require(message.isLastHop == (reference.hops?.contains(0) == true), "the last hop differs")
        }
    }

    private static func framing(_ reference: ReferenceRequest) -> BodyFraming {
        switch reference.framing {
        case .none: .none
        case .chunked: .chunked
        case .length(let length): .length(UInt64(length))
        }
    }

    private func checkForwarded(_ trust: PeerTrust, _ generator: inout CaseGenerator) throws(FuzzFailure) {
        let forwarded = transcript.forwarded
        let lengths = generator.oneIn(4) ? generator.arrivals(of: forwarded.count) : [forwarded.count]
        let again = RequestRelay.relay(forwarded, arriving: lengths, trust: trust, moving: .copying)
        try require(again.ending == .open, "what was forwarded is refused: \(again.ending)")
        try require(again.messages.count == transcript.messages.count, "other requests are forwarded than came")
        try require(again.messages.map(\.length).reduce(0, +) == forwarded.count, "more is forwarded than requests")
        switch trust {
        // A trusted peer's address list grows with each hop.
        case .trusted: break
        case .untrusted:
            // Hops are counted, and a host that we named ourselves is the client's word for the next.
            let changes = original.messages.contains { $0.hops != nil || $0.host == nil }
            try require(again.forwarded == forwarded || changes, "there are two normal forms", again.forwarded)
        }
        for (one, other) in zip(transcript.messages, again.messages) { try checkSame(one, other) }

        let reference = ReferenceRequests(forwarded)
        try require(!reference.isRefused, "what was forwarded is refused by the reference")
        try require(reference.messages.count == original.messages.count, "the reference reads other requests behind us")
        for (index, (one, other)) in zip(original.messages, reference.messages).enumerated() {
            try require(one.method == other.method && one.target == other.target, "another request line", other.target)
            try require(one.body == other.body, "another body", other.body)
            try require(one.framing == other.framing, "another framing")
            try require(!other.isHTTP10, "a client's version went on")
            try require(other.host == one.host ?? Array("192.0.2.1:8084".utf8), "another host")
            try require(other.hops == one.hops.map { $0.map { max($0, 1) - 1 } }, "hops are counted wrongly")
            try checkFields(one, other, transcript.messages[index], trust)
        }
    }

    private func checkSame(_ one: RelayedRequest, _ other: RelayedRequest) throws(FuzzFailure) {
        try require(one.destination == other.destination, "another destination")
        try require(one.method == other.method && one.upgrade == other.upgrade, "another method or upgrade")
        try require(one.query == other.query && one.expectation == other.expectation, "another query or expectation")
        // Whoever relays one that is the last hop's did not look.
        try require(!one.isLastHop || other.isLastHop, "another last hop")
        let path = one.path.isEmpty ? [UInt8(ascii: "/")] : one.path
        try require(path == other.path || other.path == [UInt8(ascii: "*")], "another path", other.path)
        // `Connection` may have taken the cookies away, but nothing adds a pin.
        try require(one.pin == other.pin || other.pin.isEmpty, "another pin", other.pin)
    }

    /// Fields that are written anew whatever the client sent, or dropped.
    private static let ours: Set<String> = StampedFields.dropped.union([
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "x-forwarded-for", "x-routed-node",
        "x-routed-to", "x-routed-via", "proxy-authorization",
    ])
    private static let forwarding: Set<String> = ["x-real-ip", "x-forwarded-proto", "x-forwarded-host"]
    /// Fields that `Connection` cannot take away.
    private static let lasting: Set<String> = [
        "expect", "max-forwards", "sec-websocket-key", "sec-websocket-version",
    ]

    private func checkFields(
        _ original: ReferenceRequest, _ sent: ReferenceRequest, _ message: RelayedRequest, _ trust: PeerTrust
    ) throws(FuzzFailure) {
        let head = sent.head
        if let fault = StampedFields.fault(in: head, isTunnel: message.upgrade == .webSocket) {
            try require(false, fault)
        }
        try require(head.values("host").count == 1, "not one Host")
        for name in ["x-routed-node", "x-routed-to", "x-routed-via"] {
            try require(head.values(name).isEmpty, "a forged route")
        }
        try require(head.values("proxy-authorization").isEmpty, "credentials of ours were passed on")

        let address = Array("192.0.2.7".utf8)
        let addresses = head.values("x-forwarded-for")
        try require(addresses.count == 1, "not one X-Forwarded-For")
        let named = Set(original.head.elements("connection"))
        func passes(_ name: String) -> Bool {
            if RequestProperties.ours.contains(name) { return false }
            if RequestProperties.forwarding.contains(name) { return false }
            if name == "max-forwards", original.hops != nil { return false }
            if name == "expect", original.isHTTP10 { return false }
            if ReferenceClaims.isClaim(name) { return trust == .trusted && !name.contains("_") }
            return RequestProperties.lasting.contains(name) || !named.contains(name)
        }
        switch trust {
        case .untrusted:
            let claim = head.fields.first { ReferenceClaims.isClaim($0.name) }
            try require(claim == nil, "a forged \(claim?.name ?? "")")
            try require(addresses == [address] && head.values("x-real-ip") == [address], "a forged address")
            try require(head.values("x-forwarded-proto") == [Array("http".utf8)], "a forged scheme")
            try require(head.values("x-forwarded-host") == (original.host.map { [$0] } ?? []), "a forged host")
        case .trusted:
            try require(addresses.allSatisfy { $0.reversed().starts(with: address.reversed()) }, "no address of ours")
            for name in RequestProperties.forwarding {
                let came = original.head.values(name)
                try require(came.isEmpty || head.values(name) == came, "\(name) of a trusted peer is lost")
            }
        }
        let others = head.fields.filter {
            passes($0.name) || !isOurs($0.name) && !($0.name == "max-forwards" && original.hops != nil)
        }
        try require(
            StampedFields.areSame(others, original.head.fields.filter { passes($0.name) }),
            "fields are lost, added or in another order")
    }

    private func isOurs(_ name: String) -> Bool {
        RequestProperties.ours.contains(name) || RequestProperties.forwarding.contains(name)
    }
}
