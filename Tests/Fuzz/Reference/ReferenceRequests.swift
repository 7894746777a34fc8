/// One request as the reference reads it.
struct ReferenceRequest {
    var head: ReferenceHead
    var method: String
    /// In origin form, or `*`.
    var target: [UInt8]
    var isHTTP10: Bool
    var host: [UInt8]?
    var framing: Framing
    /// Chunk framing removed.
    var body: [UInt8]

    /// What `Max-Forwards` allows, line by line; nil where it counts nothing.
    var hops: [UInt64]? {
        guard method == "OPTIONS" else { return nil }
        let lines = head.values("max-forwards").map { String(decoding: $0, as: UTF8.self) }
        let numbers = lines.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64($0) : nil }
        return numbers.isEmpty ? nil : numbers
    }

    enum Framing: Equatable {
        case none, chunked
        case length(Int)
    }

    /// Whether it asks for a WebSocket, by the letter of RFC 6455 §4.1, and for nothing besides.
    var asksForWebSocket: Bool {
        let protocols = head.elements("upgrade").filter { !$0.isEmpty }
        guard method == "GET", !isHTTP10, framing == .none || framing == .length(0), !protocols.isEmpty,
            protocols.allSatisfy({ $0 == "websocket" }), head.elements("connection").contains("upgrade"),
            head.values("sec-websocket-version").last.map({ !$0.isEmpty }) == true
        else { return false }
        let keys = head.values("sec-websocket-key").map { String(decoding: $0, as: UTF8.self) }
        guard keys.count == 1, keys[0].utf8.count == 24, keys[0].hasSuffix("==") else { return false }
        return keys[0].dropLast(2).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") }
    }
}

/// A stream of requests as the reference reads it.
struct ReferenceRequests {
    private(set) var messages: [ReferenceRequest] = []
    private(set) var isRefused = false

    init(_ bytes: [UInt8]) {
        var start = 0
        do throws(ReferenceEnd) {
            while start < bytes.count { messages.append(try ReferenceRequests.request(bytes, &start)) }
        } catch {
            switch error {
            case .incomplete: break
            case .refused: isRefused = true
            }
        }
    }

    private static func request(_ bytes: [UInt8], _ start: inout Int) throws(ReferenceEnd) -> ReferenceRequest {
        var lineStart = start
        while true {
            guard lineStart < bytes.count else { throw .incomplete }
            if bytes[lineStart] == 10 { throw .refused }
            guard bytes[lineStart] == 13 else { break }
            guard lineStart - start < 8 else { throw .refused }
            guard lineStart + 1 < bytes.count else { throw .incomplete }
            guard bytes[lineStart + 1] == 10 else { throw .refused }
            lineStart += 2
        }
        guard (32..<127).contains(bytes[lineStart]) else { throw .refused }
        let limits = ReferenceHead.Limits(firstLine: 8_000, head: 16_384, fields: 100)
        let head: ReferenceHead
        do throws(ReferenceEnd) {
            head = try ReferenceHead(bytes, at: lineStart, limits: limits)
        } catch {
            guard mayBecomeLine(bytes[lineStart...].prefix(limits.firstLine)) else { throw .refused }
            throw error
        }
        var request = try ReferenceRequests.line(head)
        try readHost(&request)
        start = try readBody(&request, bytes)
        return request
    }

    /// Whether bytes of a head that is not whole can be the beginning of a request line and what follows it.
    private static func mayBecomeLine(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isWhole = bytes.contains(10)
        var line = bytes.prefix { $0 != 10 }
        if line.last == 13 { line.removeLast() } else if isWhole { return false }
        let parts = line.split(separator: 32, omittingEmptySubsequences: false)
        guard parts[0].allSatisfy(isTokenByte), parts.count <= 3, !isWhole || parts.count == 3 else { return false }
        for part in parts.dropLast() where part.isEmpty { return false }
        if parts.count > 1, !parts[1].allSatisfy({ (33..<127).contains($0) }) { return false }
        guard parts.count == 3 else { return true }
        let model = Array("HTTP/0.0".utf8)
        guard parts[2].count <= model.count, !isWhole || parts[2].count == model.count else { return false }
        return zip(parts[2], model).allSatisfy { byte, wanted in
            wanted == 0x30 ? (0x30...0x39).contains(byte) : byte == wanted
        }
    }

    private static func line(_ head: ReferenceHead) throws(ReferenceEnd) -> ReferenceRequest {
        let parts = head.firstLine.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isTokenByte) else { throw .refused }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard parts[2].count == 8, version.hasPrefix("HTTP/1."), (0x30...0x39).contains(parts[2][7]) else {
            throw .refused
        }
        let method = String(decoding: parts[0], as: UTF8.self)
        guard method != "CONNECT", method != "TRACE" else { throw .refused }
        guard !parts[1].isEmpty, parts[1].allSatisfy({ (33..<127).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .refused
        }
        return ReferenceRequest(
            head: head, method: method, target: parts[1], isHTTP10: version == "HTTP/1.0", host: nil, framing: .none,
            body: [])
    }

    /// Settles target and host, which speak of the same thing.
    private static func readHost(_ request: inout ReferenceRequest) throws(ReferenceEnd) {
        let hosts = request.head.values("host")
        guard hosts.count == 1 || hosts.isEmpty && request.isHTTP10 else { throw .refused }
        request.host = hosts.first
        if let host = request.host, !isHost(host) { throw .refused }

        let target = String(decoding: request.target, as: UTF8.self)
        if target.hasPrefix("/") || target == "*" && request.method == "OPTIONS" { return }
        let lowercased = target.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lowercased.hasPrefix($0) }) else { throw .refused }
        let rest = request.target[scheme.utf8.count...]
        let authority = Array(rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
        guard isHost(authority) else { throw .refused }
        if let host = request.host {
            let port = scheme == "http://" ? ":80" : ":443"
            guard comparable(host, port) == comparable(authority, port) else { throw .refused }
        } else {
            request.host = authority
        }
        let path = Array(rest.dropFirst(authority.count))
        switch path.first {
        case .none: request.target = Array((request.method == "OPTIONS" ? "*" : "/").utf8)
        case UInt8(ascii: "?"): request.target = [UInt8(ascii: "/")] + path
        case _: request.target = path
        }
    }

    /// In lower case, and without the scheme's port or an empty one.
    private static func comparable(_ host: [UInt8], _ port: String) -> String {
        let text = String(decoding: host, as: UTF8.self).lowercased()
        for end in [port, ":"] where text.hasSuffix(end) { return String(text.dropLast(end.count)) }
        return text
    }

    private static func isHost(_ bytes: [UInt8]) -> Bool {
        var name = String(decoding: bytes, as: UTF8.self)
        guard bytes.allSatisfy({ (33..<127).contains($0) }) else { return false }
        // What follows the bracket, or the first colon, is the port.
        let bracket = name.hasPrefix("[") ? name.firstIndex(of: "]") : nil
        if name.hasPrefix("["), bracket == nil { return false }
        if let colon = name[(bracket ?? name.startIndex)...].firstIndex(of: ":") {
            let port = name[name.index(after: colon)...]
            guard port.count <= 5, port.allSatisfy({ ("0"..."9").contains($0) }) else { return false }
            name = String(name[..<colon])
        }
        if name.hasPrefix("[") {
            guard name.hasSuffix("]"), name.contains(":") else { return false }
            return name.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        let allowed = "-._~!$&'()*+;="
        var rest = Substring(name)
        while let character = rest.popFirst() {
            if character == "%" {
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else { return false }
            } else if !character.isLetter, !character.isNumber, !allowed.contains(character) {
                return false
            }
        }
        return !name.isEmpty
    }

    /// - Returns: the offset behind the body.
    private static func readBody(
        _ request: inout ReferenceRequest, _ bytes: [UInt8]
    ) throws(ReferenceEnd) -> Int {
        let length = try request.head.length()
        if try request.head.isChunked(isHTTP10: request.isHTTP10) {
            let chunks = try ReferenceChunks(bytes, at: request.head.end)
            request.framing = .chunked
            request.body = chunks.data
            return chunks.end
        }
        guard let length else { return request.head.end }
        guard bytes.count - request.head.end >= length else { throw .incomplete }
        request.framing = .length(length)
        request.body = Array(bytes[request.head.end..<(request.head.end + length)])
        return request.head.end + length
    }
}
