/// The part of an Engine.IO 4 query that matters: `?EIO=4&transport=polling&sid=…`.
package struct EngineIOQuery: Sendable, Equatable {
    /// `EIO`; empty where it is missing.
    package let version: String
    /// Empty where it is missing.
    package let transport: String
    /// Nil in a handshake, which asks for one.
    package let sid: String?

    /// - Parameter query: without its question mark.
    package init(query: Substring) {
        version = NodeRoute.parameter("EIO", of: query).map(String.init) ?? ""
        transport = NodeRoute.parameter("transport", of: query).map(String.init) ?? ""
        sid = NodeRoute.parameter("sid", of: query).map(String.init)
    }
}

/// Why Engine.IO refuses a request: the codes of engine.io's `Server.errors`.
package enum EngineIORefusal: Int, Error, Sendable {
    case unknownTransport = 0
    case unknownSession = 1
    case badHandshakeMethod = 2
    case badRequest = 3
    case unsupportedVersion = 5

    /// engine.io's own words.
    package var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .unsupportedVersion: "Unsupported protocol version"
        }
    }

    /// The body of the 400 answer.
    package var json: String { "{\"code\":\(rawValue),\"message\":\"\(message)\"}" }
}

/// The Engine.IO sessions of one node: issues sids, queues packets for polls, refuses what it did not issue.
///
/// A value: the caller keeps it behind a lock and holds the polls that have to wait.
package struct EngineIOSessions: Sendable {
    /// Packets of one polling payload are separated by this (Engine.IO 4 protocol).
    package static let recordSeparator: Character = "\u{1E}"
    /// More sessions than any test opens; the oldest makes room.
    package static let capacity = 10_000
    /// Packets queued for one session; one more closes it.
    package static let queueLength = 1_000

    /// What a GET of a session is answered with.
    package enum Poll: Sendable, Equatable {
        case payload(String)
        /// Nothing to send yet: wait for the next packet or the ping.
        case wait
    }

    private struct Session {
        var queue: [String] = []
        var isPolled = false
    }

    private var sessions: [String: Session] = [:]
    private var order: [String] = []

    /// No session.
    package init() {}

    /// Of the open sessions; at most `capacity`.
    package var count: Int { sessions.count }
    /// False of one that was closed, or made room for a newer one.
    package func knows(_ sid: String) -> Bool { sessions[sid] != nil }

    /// - Returns: the open packet of a new session, as Kuma's Engine.IO sends it (FactsAboutKuma.md), and its sid.
    package mutating func open(sid: String) -> String {
        if order.count >= EngineIOSessions.capacity { sessions[order.removeFirst()] = nil }
        sessions[sid] = Session()
        order.append(sid)
        return "0{\"sid\":\"\(sid)\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":20000,"
            + "\"maxPayload\":1000000}"
    }

    /// A GET of a session. A second one while the first waits closes the session, which is why nobody may replay one.
    package mutating func poll(_ sid: String) throws(EngineIORefusal) -> Poll {
        guard var session = sessions[sid] else { throw .unknownSession }
        guard !session.isPolled else {
            close(sid)
            throw .badRequest
        }
        session.isPolled = session.queue.isEmpty
        defer { sessions[sid] = session }
        guard !session.queue.isEmpty else { return .wait }
        let payload = session.queue.joined(separator: String(EngineIOSessions.recordSeparator))
        session.queue.removeAll()
        return .payload(payload)
    }

    /// The waiting GET was answered or went away.
    package mutating func endPoll(_ sid: String) { sessions[sid]?.isPolled = false }

    /// Whether a GET of the session waits now.
    package func isPolled(_ sid: String) -> Bool { sessions[sid]?.isPolled ?? false }

    /// A POST of a session: queues what the packets are answered with.
    package mutating func receive(_ payload: String, on sid: String) throws(EngineIORefusal) {
        guard sessions[sid] != nil else { throw .unknownSession }
        for packet in payload.split(separator: EngineIOSessions.recordSeparator) {
            sessions[sid]?.queue += EngineIOSessions.answers(to: packet, sid: sid)
        }
        if let length = sessions[sid]?.queue.count, length > EngineIOSessions.queueLength {
            close(sid)
            throw .badRequest
        }
    }

    /// Drops what is queued for it; one that is not known is left alone.
    package mutating func close(_ sid: String) {
        sessions[sid] = nil
        order.removeAll { $0 == sid }
    }

    /// What one packet is answered with: a Socket.IO connect is accepted, an event comes back as it is, a probe and a
    /// ping are answered; everything else needs no answer.
    package static func answers(to packet: Substring, sid: String) -> [String] {
        switch packet {
        case "2probe": ["3probe"]
        case "2": ["3"]
        case _ where packet.hasPrefix("40"): ["40{\"sid\":\"\(sid)-socket\"}"]
        case _ where packet.hasPrefix("42"): [String(packet)]
        case _: []
        }
    }

    /// 20 characters, as engine.io's own base64id.
    package static func newSID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String((0..<20).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }
}
