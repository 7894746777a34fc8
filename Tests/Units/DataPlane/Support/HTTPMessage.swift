/// A request or response as a test sees it.
struct HTTPMessage: Sendable {
    /// The head's first line.
    let startLine: String
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var method: String { String(startLine.split(separator: " ").first ?? "") }
    var target: String { String(startLine.split(separator: " ").dropFirst().first ?? "") }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The values of a field, in order.
    subscript(name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    init(head: String, body: [UInt8]) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: true)
        startLine = lines.first.map(String.init) ?? ""
        fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = colon == line.endIndex ? "" : line[line.index(after: colon)...]
            return (String(line[..<colon]), String(value).trimmingSpaces)
        }
        self.body = body
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// What a reader must know besides the head to find the end of a body.
enum BodyRule { case request, response, responseToHead }

extension TestSocket {
    /// Reads one message whole; a chunked body comes without its framing.
    func readMessage(_ rule: BodyRule) throws -> HTTPMessage {
        let head = try receive(through: "\r\n\r\n")
        let bare = HTTPMessage(head: head, body: [])
        if case .responseToHead = rule { return bare }
        if case .response = rule, [204, 304].contains(bare.status) || bare.status < 200 { return bare }
        if bare["Transfer-Encoding"] == ["chunked"] {
            return HTTPMessage(head: head, body: try readChunks())
        }
        if let length = bare["Content-Length"].first.flatMap(Int.init) {
            return HTTPMessage(head: head, body: try receive(exactly: length))
        }
        if case .request = rule { return bare }
        return HTTPMessage(head: head, body: try receiveToEnd().bytes)
    }

    func readResponse() throws -> HTTPMessage { try readMessage(.response) }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try receive(through: "\r\n")
            let digits = line.prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16) else { throw Failure(description: "bad chunk: \(line)") }
            if size == 0 {
                while try receive(through: "\r\n") != "\r\n" {}
                return body
            }
            body += try receive(exactly: size)
            guard try receive(exactly: 2) == [13, 10] else { throw Failure(description: "chunk without its end") }
        }
    }

    /// Sends a request and reads its response.
    func exchange(_ request: String) throws -> HTTPMessage {
        try send(request)
        return try readResponse()
    }

    /// `GET` of a path, with more head lines where wanted.
    func get(_ path: String, _ lines: String...) throws -> HTTPMessage {
        let fields = lines.map { "\($0)\r\n" }.joined()
        return try exchange("GET \(path) HTTP/1.1\r\nHost: kuma.test\r\n\(fields)\r\n")
    }
}
