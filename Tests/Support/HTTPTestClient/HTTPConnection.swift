import Glibc

/// One TCP connection that speaks HTTP/1.1 byte by byte, so that a test sees what is on the wire: reused connections,
/// every field, how it ends. Blocking, each wait bounded.
package final class HTTPConnection {
    private let descriptor: Int32
    private let authority: String
    /// Read and not yet used.
    private var pending: [UInt8] = []

    /// - Parameter host: an IPv4 address in numbers.
    package init(host: String = "127.0.0.1", port: UInt16, timeout: Duration = .seconds(10)) throws(HTTPClientError) {
        authority = "\(host):\(port)"
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
        // SAFETY: the kernel reads one timeval during each call.
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        // SAFETY: a sockaddr_in is a sockaddr of the length given, and lives for the whole call.
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw .cannotConnect(code: errno) }
    }

    deinit { close(descriptor) }

    // MARK: Bytes

    package func send(_ text: String) throws(HTTPClientError) { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws(HTTPClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: send(2) reads at most the count given from memory that lives for the whole call.
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { throw HTTPConnection.failure(errno) }
            rest = rest.dropFirst(sent)
        }
    }

    /// Exactly `count` bytes.
    package func read(_ count: Int) throws(HTTPClientError) -> [UInt8] {
        while pending.count < count { try fill() }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    /// Whether the peer has closed, waiting for it as long as the connection's time-out.
    package func isClosedByPeer() throws(HTTPClientError) -> Bool {
        guard pending.isEmpty else { return false }
        do throws(HTTPClientError) {
            try fill()
            return false
        } catch .closed, .failed(code: ECONNRESET) {
            return true
        }
    }

    /// A line without its CRLF.
    private func readLine() throws(HTTPClientError) -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = pending[..<end]
                pending.removeFirst(end + 1)
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            }
            try fill()
        }
    }

    private func readToEnd() throws(HTTPClientError) -> [UInt8] {
        do throws(HTTPClientError) {
            while true { try fill() }
        } catch .closed {
            defer { pending = [] }
            return pending
        }
    }

    private func fill() throws(HTTPClientError) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw HTTPConnection.failure(errno) }
            guard count > 0 else { throw .closed(afterBytes: pending.count) }
            pending += buffer[..<count]
            return
        }
    }

    private static func failure(_ code: Int32) -> HTTPClientError { code == EAGAIN ? .timedOut : .failed(code: code) }

    // MARK: Messages

    /// Sends a request, with `Host` unless `fields` has one and with a length when there is a body; reads the answer.
    package func request(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8]? = nil
    ) throws(HTTPClientError) -> HTTPReply {
        try sendRequest(method, target, fields: fields, body: body)
        return try readReply(to: method)
    }

    package func sendRequest(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8]? = nil
    ) throws(HTTPClientError) {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.0.lowercased() == "host" }) { head += "Host: \(authority)\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try send(Array((head + "\r\n").utf8) + (body ?? []))
    }

    /// The next final answer; 1xx are passed over, but for 101, which ends HTTP.
    package func readReply(to method: String) throws(HTTPClientError) -> HTTPReply {
        var reply = try readHead()
        while (100..<200).contains(reply.status), reply.status != 101 { reply = try readHead() }
        reply.body = try readBody(of: reply, method: method)
        return reply
    }

    private func readHead() throws(HTTPClientError) -> HTTPReply {
        let statusLine = try readLine()
        let words = statusLine.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .malformed(statusLine)
        }
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try readLine()
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { throw .malformed(line) }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields.append((String(line[..<colon]), String(value)))
        }
        return HTTPReply(status: status, fields: fields)
    }

    /// RFC 9112 §6.3.
    private func readBody(of reply: HTTPReply, method: String) throws(HTTPClientError) -> [UInt8] {
        if method == "HEAD" || reply.status == 101 || reply.status == 204 || reply.status == 304 { return [] }
        if reply.field("Transfer-Encoding")?.lowercased() == "chunked" { return try readChunks() }
        if let text = reply.field("Content-Length") {
            guard let length = Int(text) else { throw .malformed("Content-Length: \(text)") }
            return try read(length)
        }
        return try readToEnd()
    }

    private func readChunks() throws(HTTPClientError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try readLine()
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw .malformed("chunk size \(line)") }
            if size == 0 {
                while !(try readLine()).isEmpty {}
                return body
            }
            body += try read(size)
            guard try readLine().isEmpty else { throw .malformed("no CRLF after a chunk") }
        }
    }
}
