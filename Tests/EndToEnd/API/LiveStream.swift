import HTTPTestClient

/// `/lb/events` as a browser's EventSource asks for it, read as it comes.
final class LiveStream: @unchecked Sendable {
    // SAFETY: each test reads a stream from one task at a time.
    private let connection: HTTPConnection
    /// The response's head and the stream's first line. What happens from then on follows; what happened while the request
    /// was on its way may not.
    private(set) var beginning = ""

    init(port: UInt16, fields: [(String, String)] = []) throws {
        connection = try HTTPConnection(port: port, timeout: .seconds(20))
        try connection.sendRequest("GET", "/lb/events", fields: [("Accept", "text/event-stream")] + fields)
        beginning = try read(until: "retry: 2000\n\n")
    }

    /// Everything, chunk sizes included, up to and with `text`; within 30 s, for a stream that beats never ends.
    func read(until text: String) throws -> String {
        let end = ContinuousClock.now + .seconds(30)
        var seen: [UInt8] = []
        let wanted = Array(text.utf8)
        while !seen.suffix(wanted.count).elementsEqual(wanted) {
            guard ContinuousClock.now < end else {
                throw Missing(text: text, seen: String(decoding: seen, as: UTF8.self))
            }
            seen += try connection.read(1)
        }
        return String(decoding: seen, as: UTF8.self)
    }

    struct Missing: Error {
        let text: String
        let seen: String
    }
}
