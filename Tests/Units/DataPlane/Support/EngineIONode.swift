import Foundation
import Synchronization

/// A node that issues Engine.IO sessions and knows only its own, as Kuma does (FactsAboutKuma.md).
final class EngineIONode: Sendable {
    /// How the answer to a handshake is framed.
    enum Framing: Sendable, CaseIterable {
        case length, chunked, manyChunks, untilClose
    }

    let name: String
    let origin: Origin

    init(_ name: String, framing: Framing = .length, coding: String? = nil, pieceBytes: Int? = nil) throws {
        self.name = name
        let issued = Mutex<Set<String>>([])
        let count = Atomic<Int>(0)
        origin = try Origin { socket, origin in
            while true {
                let request = try socket.readMessage(.request)
                origin.note(request)
                let query = request.target.split(separator: "?").dropFirst().first ?? ""
                let sid = query.split(separator: "&").first { $0.hasPrefix("sid=") }.map { String($0.dropFirst(4)) }
                if let sid {
                    let isKnown = issued.withLock { $0.contains(sid) }
                    if isKnown, request["Upgrade"] == ["websocket"] {
                        try socket.send(TunnelTests.accepted + name)
                        _ = try socket.receiveToEnd()
                        return
                    }
                    let body = isKnown ? name : "{\"code\":1,\"message\":\"Session ID unknown\"}"
                    let line = isKnown ? "200 OK" : "400 Bad Request"
                    try socket.send("HTTP/1.1 \(line)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                } else if request.target.hasPrefix("/socket.io/"), request.method == "GET" {
                    let id = "\(name)-\(count.add(1, ordering: .relaxed).newValue)"
                    issued.withLock { _ = $0.insert(id) }
                    let body = "0{\"sid\":\"\(id)\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000}"
                    let answer = EngineIONode.answer(body, framing, coding: coding)
                    try EngineIONode.send(answer, in: pieceBytes, on: socket)
                    if framing == .untilClose { return }
                } else {
                    try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)")
                }
            }
        }
    }

    private static func answer(_ body: String, _ framing: Framing, coding: String?) -> String {
        let fields = coding.map { "Content-Encoding: \($0)\r\n" } ?? ""
        return switch framing {
        case .length: "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        case .untilClose: "HTTP/1.1 200 OK\r\n\(fields)Connection: close\r\n\r\n\(body)"
        case .chunked: chunked(fields, [body])
        case .manyChunks: chunked(fields, body.map { String($0) })
        }
    }

    private static func chunked(_ fields: String, _ chunks: [String]) -> String {
        "HTTP/1.1 200 OK\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n"
            + chunks.map { "\(String($0.utf8.count, radix: 16));x=y\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
    }

    private static func send(_ answer: String, in pieceBytes: Int?, on socket: TestSocket) throws {
        var rest = Array(answer.utf8)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieceBytes ?? rest.count)
            try socket.send(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
    }

    static func poll(_ sid: String? = nil) -> String {
        "/socket.io/?EIO=4&transport=polling&t=abc" + (sid.map { "&sid=\($0)" } ?? "")
    }

    static func upgrade(_ sid: String) -> String {
        TunnelTests.handshake.replacingOccurrences(of: "transport=websocket", with: "transport=websocket&sid=\(sid)")
    }
}

extension Balancer {
    /// One request on a connection of its own, closed after it.
    func once(_ path: String, _ lines: String...) throws -> HTTPMessage {
        let client = try connect()
        defer { client.close() }
        let fields = lines.map { "\($0)\r\n" }.joined()
        return try client.exchange("GET \(path) HTTP/1.1\r\nHost: kuma.test\r\n\(fields)\r\n")
    }

    /// Begins a session and returns its id, which names its node.
    func beginSession(_ lines: String...) throws -> String {
        let client = try connect()
        defer { client.close() }
        let fields = lines.map { "\($0)\r\n" }.joined()
        let answer = try client.exchange("GET \(EngineIONode.poll()) HTTP/1.1\r\nHost: kuma.test\r\n\(fields)\r\n")
        let parts = answer.text.split(separator: "\"")
        guard parts.count > 3, parts[0] == "0{" else {
            throw TestSocket.Failure(description: "no handshake: \(answer.startLine) \(answer.text)")
        }
        return String(parts[3])
    }
}
