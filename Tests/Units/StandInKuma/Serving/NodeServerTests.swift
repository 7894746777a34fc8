import ClusterCore
import HTTPTestClient
import NIOCore
import NIOPosix
import StandInKuma
import Testing

@Suite("The stand-in node on the wire")
struct NodeServerTests {
    private func start(keepAliveIdle: TimeAmount = .seconds(5)) async throws -> NodeServer {
        let services = NodeServices(
            id: try NodeID("node1"), name: "Node <1>", apiKey: nil, keepAliveIdle: keepAliveIdle,
            engineIO: EngineIOStore(), checkDatabase: { .healthy(took: .milliseconds(2)) },
            reconcile: { MonitorRoster.Plan(starts: [], stops: []) }, runs: { $0 == MonitorID(7) },
            update: { monitor, _ in monitor == MonitorID(7) })
        return try await NodeServer.start(host: "127.0.0.1", port: 0, services: services, group: .singleton)
    }

    private func talk<Result: Sendable>(
        to server: NodeServer, _ work: @escaping @Sendable (HTTPConnection) throws -> Result
    ) async throws -> Result {
        let port = server.port
        return try await onThread { try work(try HTTPConnection(port: port)) }
    }

    @Test("Its page names it, with the name escaped")
    func page() async throws {
        let server = try await start()
        let reply = try await talk(to: server) { try $0.request("GET", "/dashboard") }
        #expect(reply.status == 200)
        #expect(reply.text.contains("<h1>Node &lt;1&gt;</h1>"))
        #expect(reply.text.contains("<b id=\"node\">node1</b>"))
        await server.drop()
    }

    @Test("Requests of one connection are answered in order, also when they are pipelined")
    func pipelining() async throws {
        let server = try await start()
        let statuses = try await talk(to: server) { connection in
            try connection.sendRequest("GET", "/slow?ms=100")
            try connection.sendRequest("GET", "/bytes/10")
            try connection.sendRequest("HEAD", "/bytes/70000")
            try connection.sendRequest("GET", "/nowhere/../x")
            let replies = [
                try connection.readReply(to: "GET"), try connection.readReply(to: "GET"),
                try connection.readReply(to: "HEAD"), try connection.readReply(to: "GET"),
            ]
            return replies.map { ($0.status, $0.body.count, $0.field("Content-Length")) }
        }
        #expect(statuses.map(\.0) == [200, 200, 200, 200])
        #expect(statuses[1].1 == 10)
        #expect(statuses[2].2 == "70000")
        await server.drop()
    }

    @Test("A body of many blocks arrives whole and in order")
    func bytes() async throws {
        let server = try await start()
        let body = try await talk(to: server) { try $0.request("GET", "/bytes/3000000").body }
        #expect(body.count == 3_000_000)
        #expect(body.indices.allSatisfy { body[$0] == UInt8($0 % NodeAnswer.patternPeriod) })
        await server.drop()
    }

    @Test("An upload is counted, and one that expects 100-continue gets it")
    func upload() async throws {
        let server = try await start()
        let counted = try await talk(to: server) { connection in
            let first = try connection.request("POST", "/upload", body: [UInt8](repeating: 7, count: 2_000_000))
            let second = try connection.request("POST", "/upload", fields: [("Expect", "100-continue")], body: [1, 2])
            return first.text + second.text
        }
        #expect(counted == #"{"bytes":2000000}{"bytes":2}"#)
        await server.drop()
    }

    @Test("The fields of a request come back as they were sent")
    func echo() async throws {
        let server = try await start()
        let reply = try await talk(to: server) {
            try $0.request("GET", "/echo-headers?a=b", fields: [("Host", "kuma"), ("X-Quote", "say \"hi\"")])
        }
        #expect(
            reply.text
                == #"{"node":"node1","method":"GET","target":"/echo-headers?a=b","headers":[["Host","kuma"],["X-Quote","say \"hi\""]]}"#
        )
        await server.drop()
    }

    @Test("A monitor that it runs is told from one that it does not, and a cookie of its own is set")
    func monitorsAndCookie() async throws {
        let server = try await start()
        let (known, unknown, cookie) = try await talk(to: server) {
            (
                try $0.request("GET", "/api/v1/monitors/7").text, try $0.request("GET", "/api/v1/monitors/8").text,
                try $0.request("GET", "/cookie").field("Set-Cookie")
            )
        }
        #expect(known == #"{"id":7,"node":"node1","running":true}"#)
        #expect(unknown == #"{"id":8,"node":"node1","running":false}"#)
        #expect(cookie == "kuma-stand-in=node1; Path=/; HttpOnly")
        await server.drop()
    }

    @Test("An idle connection is closed by the node")
    func idle() async throws {
        let server = try await start(keepAliveIdle: .milliseconds(100))
        let closed = try await talk(to: server) { connection in
            _ = try connection.request("GET", "/")
            return try connection.isClosedByPeer()
        }
        #expect(closed)
        await server.drop()
    }

    @Test("Dropping closes the listener and every connection at once")
    func drop() async throws {
        let server = try await start()
        let port = server.port
        let (connected, release) = AsyncStream<Void>.makeStream()
        async let closed = onThread {
            let connection = try HTTPConnection(port: port)
            _ = try connection.request("GET", "/")
            release.yield()
            return try connection.isClosedByPeer()
        }
        for await _ in connected { break }
        await server.drop()
        #expect(try await closed)
        await #expect(throws: HTTPClientError.self) { try await onThread { _ = try HTTPConnection(port: port) } }
    }

    @Test("WebSocket messages come back whole, small and large, also after an ordinary request on the connection")
    func webSocket() async throws {
        let server = try await start()
        let sizes = [0, 5, 126, 65_536, 5 << 20]
        let echoed = try await talk(to: server) { connection in
            _ = try connection.request("GET", "/")
            let socket = try WebSocketConnection(upgrading: connection, target: "/ws")
            return try sizes.map { size in
                let message = (0..<size).map { UInt8($0 % 251) }
                try socket.send(WebSocketConnection.binary, message)
                return try socket.receive() == .init(opcode: WebSocketConnection.binary, payload: message)
            }
        }
        #expect(echoed == sizes.map { _ in true })
        await server.drop()
    }

    @Test("A WebSocket's close is answered, and the connection ends")
    func webSocketClose() async throws {
        let server = try await start()
        let (frame, closed) = try await talk(to: server) { connection in
            let socket = try WebSocketConnection(upgrading: connection, target: "/ws")
            try socket.send(WebSocketConnection.closing, [3, 232])
            return (try socket.receive(), try socket.isClosedByPeer())
        }
        #expect(frame == .init(opcode: WebSocketConnection.closing, payload: [3, 232]))
        #expect(closed)
        await server.drop()
    }

    @Test("An Origin of another host, an unknown sid or a path without WebSocket refuses the upgrade")
    func refusedUpgrades() async throws {
        let server = try await start()
        func status(_ target: String, _ fields: [(String, String)] = []) async throws -> Int {
            try await talk(to: server) {
                try WebSocketConnection.handshake(on: $0, target: target, fields: fields).status
            }
        }
        #expect(try await status("/ws", [("Origin", "http://evil.example")]) == 403)
        #expect(try await status("/socket.io/?EIO=4&transport=websocket&sid=elsewhere") == 400)
        #expect(try await status("/") == 400)
        await server.drop()
    }

    @Test("An Engine.IO session polls, connects and upgrades on the node that issued it")
    func engineIO() async throws {
        let server = try await start()
        let port = server.port
        let sid = try await talk(to: server) { connection in
            let open = try connection.request("GET", "/socket.io/?EIO=4&transport=polling").text
            return String(open.dropFirst(#"0{"sid":""#.count).prefix(20))
        }
        let polling = "/socket.io/?EIO=4&transport=polling&sid=\(sid)"
        async let waiting = onThread { try HTTPConnection(port: port).request("GET", polling).text }
        let posted = try await talk(to: server) { try $0.request("POST", polling, body: Array("40".utf8)).text }
        #expect(posted == "ok")
        #expect(try await waiting == "40{\"sid\":\"\(sid)-socket\"}")
        let probe = try await talk(to: server) { connection in
            let socket = try WebSocketConnection(
                upgrading: connection, target: "/socket.io/?EIO=4&transport=websocket&sid=\(sid)")
            try socket.send(WebSocketConnection.text, Array("2probe".utf8))
            return try socket.receive().payload
        }
        #expect(probe == Array("3probe".utf8))
        let unknown = try await talk(to: server) {
            try $0.request("GET", "/socket.io/?EIO=4&transport=polling&sid=elsewhere")
        }
        #expect(unknown.status == 400)
        #expect(unknown.text == #"{"code":1,"message":"Session ID unknown"}"#)
        await server.drop()
    }
}
