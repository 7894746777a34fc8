import ClusterCore

/// Reads a request head whose end is known, and builds its `RequestHead`.
///
/// SAFETY: lives within one call of `sniff` and reads `bytes[..<end]` only.
struct RequestHeadParser {
    let bytes: UnsafeRawBufferPointer
    /// Offset after the empty line.
    let end: Int

    private var head = RequestHead()
    private var facts = ConnectionFacts()
    private var hostFields = 0
    private var authority: TargetAuthority?
    private var hasSeenPinCookie = false
    private var webSocketKeys = 0
    private var hasWebSocketVersion = false

    init(bytes: UnsafeRawBufferPointer, end: Int) {
        self.bytes = bytes
        self.end = end
    }

    // MARK: The request line

    /// Reads `method SP target SP version` at `start..<lineEnd`: single spaces, nothing else (RFC 9112 §3).
    mutating func readRequestLine(_ start: Int, _ lineEnd: Int) throws(HeadRejection) {
        if let byte = bytes.firstControlByte(start, lineEnd) { throw HeadRejection(control: byte) }
        guard let methodEnd = bytes.firstIndex(of: .space, from: start, to: lineEnd), methodEnd > start else {
            throw .badRequestLine
        }
        let targetStart = methodEnd + 1
        guard let targetEnd = bytes.firstIndex(of: .space, from: targetStart, to: lineEnd), targetEnd > targetStart
        else { throw .badRequestLine }

        // The version first: an HTTP/2 preface is no bad request but a version we do not speak.
        try readVersion(targetEnd + 1, lineEnd)
        try readMethod(start, methodEnd)
        head.target = ByteRange(targetStart, targetEnd)
        try readTarget(targetStart, targetEnd)
    }

    private mutating func readVersion(_ start: Int, _ lineEnd: Int) throws(HeadRejection) {
        guard lineEnd - start == 8, bytes.hasPrefix(start, lineEnd, "HTTP/"), bytes[start + 5].isDigit,
            bytes[start + 6] == UInt8(ascii: "."), bytes[start + 7].isDigit
        else { throw .badVersion }
        guard bytes[start + 5] == UInt8(ascii: "1") else { throw .versionNotSupported }
        head.version = bytes[start + 7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    private mutating func readMethod(_ start: Int, _ end: Int) throws(HeadRejection) {
        head.methodText = ByteRange(start, end)
        func isNamed(_ name: StaticString) -> Bool { bytes.equals(start, end, name) }
        switch end - start {
        case 3:
            if isNamed("GET") { head.method = .get }
            if isNamed("PUT") { head.method = .put }
        case 4:
            if isNamed("POST") { head.method = .post }
            if isNamed("HEAD") { head.method = .head }
        case 5:
            if isNamed("PATCH") { head.method = .patch }
            if isNamed("TRACE") { throw .methodNotAllowed }
        case 6: if isNamed("DELETE") { head.method = .delete }
        case 7:
            if isNamed("OPTIONS") { head.method = .options }
            if isNamed("CONNECT") { throw .methodNotAllowed }
        case _: break
        }
        if head.method == .other {
            for index in start..<end where !bytes[index].isTokenByte { throw .badMethod }
        }
    }

    /// Origin form, absolute form, and `*` for OPTIONS (RFC 9112 §3.2).
    private mutating func readTarget(_ start: Int, _ end: Int) throws(HeadRejection) {
        for index in start..<end where bytes[index] <= .space || bytes[index] >= 0x80 { throw .badTarget }
        guard bytes.firstIndex(of: UInt8(ascii: "#"), from: start, to: end) == nil else { throw .badTarget }
        var pathStart = start
        if bytes[start] != UInt8(ascii: "/") {
            if bytes.equals(start, end, "*"), head.method == .options {
                head.path = ByteRange(start, end)
                return
            }
            pathStart = try readAuthority(start, end)
            head.traits.insert(.absoluteForm)
        }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"), from: pathStart, to: end)
        head.path = ByteRange(pathStart, mark ?? end)
        head.query = mark.map { ByteRange($0 + 1, end) } ?? ByteRange(end, end)
    }

    /// Reads `http://authority` and returns the offset after it.
    private mutating func readAuthority(_ start: Int, _ end: Int) throws(HeadRejection) -> Int {
        let authorityStart: Int
        let defaultPort: StaticString
        if end - start > 7, bytes.matches(start, start + 7, lowercased: "http://") {
            (authorityStart, defaultPort) = (start + 7, "80")
        } else if end - start > 8, bytes.matches(start, start + 8, lowercased: "https://") {
            (authorityStart, defaultPort) = (start + 8, "443")
        } else {
            throw .badTarget
        }
        var index = authorityStart
        while index < end, bytes[index].isHostByte { index += 1 }
        guard bytes.isHost(authorityStart..<index) else { throw .badTarget }
        guard index == end || bytes[index] == UInt8(ascii: "/") || bytes[index] == UInt8(ascii: "?") else {
            throw .badTarget
        }
        authority = TargetAuthority(range: authorityStart..<index, defaultPort: defaultPort)
        return index
    }

    // MARK: The fields

    mutating func readFields(from start: Int, into fields: inout HeadFieldTable) throws(HeadRejection) {
        fields.removeAll()
        var line = start
        while line < end - 2 {
            guard let lineFeed = bytes.firstIndex(of: .lineFeed, from: line, to: end) else { throw .bareLineFeed }
            let field = try FieldLine(line, lineFeed - 1, of: bytes)
            guard fields.append(field, limit: FramingLimits.requestFields) else { throw .tooManyFields }
            try read(field)
            line = lineFeed + 1
        }
    }

    private mutating func read(_ field: FieldLine) throws(HeadRejection) {
        let value = field.value
        let (start, end) = (Int(value.start), Int(value.end))
        switch field.name {
        case .host: try readHost(value)
        case .contentLength: try facts.takeContentLength(value, of: bytes)
        case .transferEncoding: try facts.takeTransferEncoding(value, of: bytes)
        case .connection: try facts.takeConnection(value, of: bytes)
        case .upgrade: facts.takeUpgrade(value, of: bytes)
        case .disguisedFraming: throw .disguisedFramingField
        case .cookie: if !hasSeenPinCookie { readPin(value) }
        case .accept: if head.answerForm == .json { readAccept(value) }
        case .expect:
            if bytes.matches(start, end, lowercased: "100-continue") { head.expectation = .hundredContinue }
        case .maxForwards: if head.method == .options, bytes.decimal(value.indices) == 0 { head.isLastHop = true }
        case .secWebSocketKey: webSocketKeys += bytes.isWebSocketKey(value.indices) ? 1 : 2
        case .secWebSocketVersion: hasWebSocketVersion = !value.isEmpty
        case .xForwardedFor: head.forwarded.insert(.address)
        case .xRealIP: head.forwarded.insert(.realIP)
        case .xForwardedProto: head.forwarded.insert(.proto)
        case .xForwardedHost: head.forwarded.insert(.host)
        case .other, .contentEncoding, .disguisedOrigin, .http2Settings, .keepAlive, .originClaim, .proxyAuthorization,
            .proxyConnection, .te, .xRoutedNode, .xRoutedTo, .xRoutedVia:
            break
        }
    }

    private mutating func readHost(_ value: ByteRange) throws(HeadRejection) {
        hostFields += 1
        guard hostFields == 1 else { throw .repeatedHost }
        guard bytes.isHost(value.indices) else { throw .badHost }
        head.host = value
    }

    /// Only the first field that has the cookie counts, whatever its value (Stamping.md).
    private mutating func readPin(_ value: ByteRange) {
        guard let pin = CookieScanner.value(of: WireNames.pinCookie, in: value, of: bytes) else { return }
        hasSeenPinCookie = true
        guard NodeID.isValid(pin.bytes(in: bytes)) else { return }
        head.pin = pin
    }

    private mutating func readAccept(_ value: ByteRange) {
        var elements = FieldListCursor(value)
        while let element = elements.next(in: bytes) {
            let nameEnd = element.lowerBound + 9
            guard nameEnd <= element.upperBound, bytes.matches(element.lowerBound, nameEnd, lowercased: "text/html")
            else { continue }
            if nameEnd == element.upperBound || bytes[nameEnd] == UInt8(ascii: ";") || bytes[nameEnd].isBlank {
                head.answerForm = .html
                return
            }
        }
    }

    // MARK: The whole

    /// What only the whole head tells.
    mutating func finish() throws(HeadRejection) -> RequestHead {
        head.headBytes = end
        try settleBody()
        try settleHost()
        head.persistence = facts.persistence(in: head.version)
        if facts.options.contains(.fieldNames) { head.traits.insert(.connectionNamesFields) }
        if head.version == .http10 { head.expectation = .none }
        if isWebSocketRequest { head.upgrade = .webSocket }
        head.destination = RequestDestination(path: head.path, query: head.query, of: bytes)
        return head
    }

    private mutating func settleBody() throws(HeadRejection) {
        switch facts.transferCoding {
        case .none:
            head.body = facts.contentLength.map(BodyFraming.length) ?? .none
        case .chunked, .unknown:
            guard facts.contentLength == nil else { throw .lengthAndTransferEncoding }
            guard head.version == .http11 else { throw .transferEncodingInHTTP10 }
            guard facts.transferCoding == .chunked else { throw .unknownTransferCoding }
            head.body = .chunked
        }
    }

    private mutating func settleHost() throws(HeadRejection) {
        if hostFields == 0, head.version == .http11 { throw .missingHost }
        guard let authority else { return }
        guard hostFields == 1 else {
            // RFC 9112 §3.2.2: the target's authority is the host.
            head.host = ByteRange(authority.range.lowerBound, authority.range.upperBound)
            return
        }
        guard authority.isHost(head.host.indices, of: bytes) else { throw .hostMismatch }
    }

    /// RFC 6455 §4.1, without judging the version: a node must be able to answer 426.
    private var isWebSocketRequest: Bool {
        head.method == .get && head.version == .http11 && facts.namesOnlyWebSocket && facts.options.contains(.upgrade)
            && webSocketKeys == 1 && hasWebSocketVersion && (head.body == .none || head.body == .length(0))
    }
}
