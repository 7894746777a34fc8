import HTTPTestClient

/// `/lb/events` as a browser's EventSource asks for it, read as it comes.
final class LiveStream: @unchecked Sendable {
    // SAFETY: each test reads a stream from one task at a time.
    private let connection: HTTPConnection

    init(port: UInt16, fields: [(String, String)] = []) throws {
        connection = try HTTPConnection(port: port, timeout: .seconds(20))
        try connection.sendRequest("GET", "/lb/events", fields: [("Accept", "text/event-stream")] + fields)
    }

    /// Everything, chunk sizes included, up to and with `text`.
    func read(until text: String) throws -> String {
        var seen: [UInt8] = []
        let wanted = Array(text.utf8)
        while !seen.suffix(wanted.count).elementsEqual(wanted) { seen += try connection.read(1) }
        return String(decoding: seen, as: UTF8.self)
    }
}
