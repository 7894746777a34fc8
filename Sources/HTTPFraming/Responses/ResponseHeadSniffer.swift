/// What must be known of a request to read its response (RFC 9112 §6.3).
package struct RequestContext: Sendable {
    /// HEAD is answered without a body.
    package var method: RequestMethod
    /// A `101` is a fault unless a WebSocket was asked for.
    package var upgrade: UpgradeRequest

    package init(method: RequestMethod, upgrade: UpgradeRequest) {
        self.method = method
        self.upgrade = upgrade
    }

    /// Of a head that was sniffed; holds no offsets, so that it outlives the head's bytes.
    package init(_ head: RequestHead) { self.init(method: head.method, upgrade: head.upgrade) }
}

/// Reads one response head of a node out of the bytes received so far; incremental like `RequestHeadSniffer`. Make a new
/// one for each head: after an interim response, the next head begins behind its `headBytes`.
package struct ResponseHeadSniffer: Sendable {
    /// What is known of the head after the bytes so far.
    package enum Outcome: Sendable {
        case needMore
        case complete(ResponseHead)
        case rejected(ResponseRejection)
    }

    private var search = HeadEndSearch()

    /// At the beginning of a head.
    package init() {}

    /// - Parameters:
    ///   - bytes: everything received since the previous message ended; what was passed before must still be in front.
    ///   - request: the request this answers.
    ///   - fields: overwritten; holds the field lines of the head after `.complete`.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only.
    package mutating func sniff(
        _ bytes: UnsafeRawBufferPointer, answering request: RequestContext, into fields: inout HeadFieldTable
    ) -> Outcome {
        let limits = HeadEndSearch.Limits(
            headBytes: FramingLimits.responseHeadBytes, firstLineBytes: FramingLimits.statusLineBytes)
        switch search.advance(in: bytes, from: 0, limits: limits) {
        case .needMore: return .needMore
        case .rejected(let fault): return .rejected(ResponseRejection(fault))
        case .found(let end, let firstLineEnd):
            var parser = ResponseHeadParser(bytes: bytes, end: end)
            do throws(ResponseRejection) {
                try parser.readStatusLine(firstLineEnd)
                try parser.readFields(from: firstLineEnd + 2, into: &fields)
                return .complete(try parser.finish(answering: request))
            } catch {
                return .rejected(error)
            }
        }
    }
}

/// Reads a response head whose end is known.
///
/// SAFETY: lives within one call of `sniff` and reads `bytes[..<end]` only.
private struct ResponseHeadParser {
    let bytes: UnsafeRawBufferPointer
    let end: Int
    var head = ResponseHead()
    var facts = ConnectionFacts()

    init(bytes: UnsafeRawBufferPointer, end: Int) {
        self.bytes = bytes
        self.end = end
    }

    /// `HTTP/1.x SP 3DIGIT [SP reason]`; many servers leave out the last space with the reason (RFC 9112 §4).
    mutating func readStatusLine(_ lineEnd: Int) throws(ResponseRejection) {
        guard lineEnd >= 12, bytes.hasPrefix(0, lineEnd, "HTTP/") else { throw .badStatusLine }
        guard bytes.hasPrefix(5, lineEnd, "1."), bytes[7].isDigit else { throw .badVersion }
        guard bytes[8] == .space, let status = bytes.decimal(9..<12), status >= 100 else { throw .badStatusLine }
        guard lineEnd == 12 || bytes[12] == .space, bytes.firstControlByte(12, lineEnd) == nil else {
            throw .badStatusLine
        }
        head.version = bytes[7] == UInt8(ascii: "0") ? .http10 : .http11
        head.status = UInt16(status)
        head.statusAndReason = ByteRange(8, lineEnd)
    }

    mutating func readFields(from start: Int, into fields: inout HeadFieldTable) throws(ResponseRejection) {
        fields.removeAll()
        var line = start
        while line < end - 2 {
            guard let lineFeed = bytes.firstIndex(of: .lineFeed, from: line, to: end) else { throw .badField }
            do throws(HeadRejection) {
                let field = try FieldLine(line, lineFeed - 1, of: bytes)
                guard fields.append(field, limit: FramingLimits.responseFields) else { throw .tooManyFields }
                try read(field)
            } catch {
                throw ResponseRejection(error)
            }
            line = lineFeed + 1
        }
    }

    private mutating func read(_ field: FieldLine) throws(HeadRejection) {
        switch field.name {
        case .contentLength: try facts.takeContentLength(field.value, of: bytes)
        case .transferEncoding: try facts.takeTransferEncoding(field.value, of: bytes)
        case .connection: try facts.takeConnection(field.value, of: bytes)
        case .upgrade: facts.takeUpgrade(field.value, of: bytes)
        case .disguisedFraming: throw .disguisedFramingField
        case .contentEncoding:
            let (start, end) = (Int(field.value.start), Int(field.value.end))
            if !bytes.matches(start, end, lowercased: "identity") { head.coding = .coded }
        case .other, .accept, .cookie, .disguisedOrigin, .expect, .host, .http2Settings, .keepAlive, .maxForwards,
            .originClaim, .proxyAuthorization, .proxyConnection, .secWebSocketKey, .secWebSocketVersion, .te,
            .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP, .xRoutedNode, .xRoutedTo, .xRoutedVia:
            break
        }
    }

    mutating func finish(answering request: RequestContext) throws(ResponseRejection) -> ResponseHead {
        head.headBytes = end
        head.declaredLength = facts.contentLength
        if facts.options.contains(.fieldNames) { head.traits.insert(.connectionNamesFields) }
        head.body = try framing(answering: request)
        head.persistence =
            head.body == .untilClose || announcesForbiddenBody ? .close : facts.persistence(in: head.version)
        if head.status == 101 {
            guard request.upgrade == .webSocket, facts.namesOnlyWebSocket, facts.options.contains(.upgrade) else {
                throw .unexpectedUpgrade
            }
            head.kind = .tunnel
        } else if head.status < 200 {
            head.kind = .interim
        }
        return head
    }

    /// Whether a 204, which has no body, says that it has one (RFC 9110 §8.6, RFC 9112 §6.1). If the node sends that body
    /// all the same, its bytes would be read as the answer to the next request: the connection ends here.
    private var announcesForbiddenBody: Bool {
        guard head.status == 204 else { return false }
        return facts.transferCoding != .none || facts.contentLength.map { $0 > 0 } == true
    }

    /// RFC 9112 §6.3. Contradictory fields are refused even where there is no body: such a node is not to be trusted.
    private func framing(answering request: RequestContext) throws(ResponseRejection) -> BodyFraming {
        var framing = facts.contentLength.map(BodyFraming.length) ?? .untilClose
        switch facts.transferCoding {
        case .none: break
        case .chunked, .unknown:
            guard facts.contentLength == nil else { throw .lengthAndTransferEncoding }
            guard facts.transferCoding == .chunked, head.version == .http11 else { throw .badTransferEncoding }
            framing = .chunked
        }
        let hasNoBody = request.method == .head || head.status < 200 || head.status == 204 || head.status == 304
        return hasNoBody ? .none : framing
    }
}
