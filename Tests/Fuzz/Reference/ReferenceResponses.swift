import HTTPFraming

/// One response as the reference reads it.
struct ReferenceResponse {
    var head: ReferenceHead
    var status: Int
    /// What follows the version in the status line.
    var statusAndReason: [UInt8]
    var framing: Framing
    /// Chunk framing removed.
    var body: [UInt8] = []

    enum Framing: Equatable {
        case none, chunked, untilClose, tunnel
        case length(Int)
    }
}

/// A node's stream, which ends with its last byte, as the reference reads it.
struct ReferenceResponses {
    private(set) var messages: [ReferenceResponse] = []
    private(set) var isRefused = false

    /// - Parameter requests: only what they ask is taken of them.
    init(_ bytes: [UInt8], answering requests: [RequestContext]) {
        var start = 0
        var answered = 0
        do throws(ReferenceEnd) {
            while answered < requests.count, start < bytes.count {
                let response = try ReferenceResponses.response(bytes, &start, answering: requests[answered])
                messages.append(response)
                if response.framing == .tunnel { return }
                if response.status >= 200 { answered += 1 }
            }
        } catch {
            switch error {
            case .incomplete: break
            case .refused: isRefused = true
            }
        }
    }

    private static func response(
        _ bytes: [UInt8], _ start: inout Int, answering request: RequestContext
    ) throws(ReferenceEnd) -> ReferenceResponse {
        let limits = ReferenceHead.Limits(firstLine: 8_000, head: 65_535, fields: 200)
        let head = try ReferenceHead(bytes, at: start, limits: limits)
        let line = head.firstLine
        let text = String(decoding: line.prefix(12), as: UTF8.self)
        guard line.count >= 12, text.hasPrefix("HTTP/1."), (0x30...0x39).contains(line[7]), line[8] == 32,
            line[9..<12].allSatisfy({ (0x30...0x39).contains($0) }), line[9] != 0x30,
            line.count == 12 || line[12] == 32,
            let status = Int(text.suffix(3))
        else { throw .refused }
        var response = ReferenceResponse(
            head: head, status: status, statusAndReason: Array(line[8...]), framing: .untilClose)
        let isChunked = try head.isChunked(isHTTP10: line[7] == 0x30)
        if isChunked { response.framing = .chunked }
        if let length = try head.length() { response.framing = .length(length) }
        if request.method == .head || status < 200 || status == 204 || status == 304 { response.framing = .none }
        if status == 101 {
            guard request.upgrade == .webSocket, Set(head.elements("upgrade").filter { !$0.isEmpty }) == ["websocket"],
                head.elements("connection").contains("upgrade")
            else { throw .refused }
            response.framing = .tunnel
        }
        start = try readBody(&response, bytes)
        return response
    }

    private static func readBody(
        _ response: inout ReferenceResponse, _ bytes: [UInt8]
    ) throws(ReferenceEnd) -> Int {
        let start = response.head.end
        switch response.framing {
        case .none, .tunnel: return start
        case .chunked:
            let chunks = try ReferenceChunks(bytes, at: start)
            response.body = chunks.data
            return chunks.end
        case .length(let length):
            guard bytes.count - start >= length else { throw .incomplete }
            response.body = Array(bytes[start..<(start + length)])
            return start + length
        case .untilClose:
            response.body = Array(bytes[start...])
            return bytes.count
        }
    }
}
