import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Tunnels after a 101")
struct TunnelTests {
    static let handshake =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: kuma.test\r\nConnection: Upgrade\r\n"
        + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    static let accepted =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzhZRbK+xOo=\r\n\r\n"

    /// Agrees to the upgrade, then sends back what comes until it ends.
    static func echo() throws -> Origin {
        try Origin { socket, origin in
            origin.note(HTTPMessage(head: try socket.receive(through: "\r\n\r\n"), body: []))
            try socket.send(accepted)
            while true {
                let bytes = try socket.receive()
                if bytes.isEmpty { break }
                try socket.send(bytes)
            }
        }
    }

    static func open(_ balancer: Balancer) throws -> TestSocket {
        let client = try balancer.connect()
        try client.send(handshake)
        let response = try client.readResponse()
        #expect(response.status == 101)
        #expect(response["Upgrade"] == ["websocket"])
        #expect(response["X-Routed-To"] == ["host-of-node1"])
        return client
    }

    @Test(
        "What is sent comes back, from a few bytes to 5 MB, and the half-close is relayed",
        arguments: [5, 65_536, 5_000_000])
    func echo(count: Int) throws {
        let origin = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try TunnelTests.open(balancer)
        try blockUntil("the tunnel is counted") { balancer.openTunnels == 1 }
        #expect(origin.requests.first?["Upgrade"] == ["websocket"])
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        Thread.detachNewThread {
            try? client.send(message)
            client.endSending()
        }
        let (bytes, end) = try client.receiveToEnd()
        // Compared outside: for two long arrays that differ, the macro would look for the shortest difference for minutes.
        let isSame = bytes == message
        #expect(isSame, "\(bytes.count) of \(count) bytes came back")
        #expect(end == .closed)
        try balancer.expectBalanced()
    }

    @Test("The node's end is relayed while the client still speaks")
    func nodeEndsFirst() throws {
        let heard = Mutex<[UInt8]>([])
        let origin = try Origin { socket, _ in
            _ = try socket.receive(through: "\r\n\r\n")
            try socket.send(TunnelTests.accepted + "bye")
            socket.endSending()
            let (bytes, _) = try socket.receiveToEnd()
            heard.withLock { $0 = bytes }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try TunnelTests.open(balancer)
        #expect(try client.receiveToEnd().bytes == Array("bye".utf8))
        try client.send("one more thing")
        client.endSending()
        try blockUntil("the node heard the rest") { heard.withLock { $0 } == Array("one more thing".utf8) }
        try balancer.expectBalanced()
    }

    @Test("What a client sends right behind its handshake is not lost")
    func earlyFrames() throws {
        let origin = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send(TunnelTests.handshake + "frame")
        #expect(try client.readResponse().status == 101)
        #expect(try client.receive(exactly: 5) == Array("frame".utf8))
    }

    @Test("A refused upgrade stays HTTP on the same connection")
    func refused() throws {
        let origin = try Origin.named("plain")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        #expect(try client.exchange(TunnelTests.handshake).text == "plain")
        #expect(try client.get("/").text == "plain")
        #expect(balancer.openTunnels == 0)
    }

    @Test("A 101 that nobody asked for is a 502, never a tunnel")
    func unasked() throws {
        let origin = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        #expect(try client.get("/").status == 502)
        #expect(balancer.openTunnels == 0)
    }

    @Test("Resets pass through, from either side")
    func resets() throws {
        let origin = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try TunnelTests.open(balancer)
        client.reset()
        try blockUntil("the node's side closed") { origin.openConnections == 0 }
        let other = try TunnelTests.open(balancer)
        origin.stop()
        _ = try other.receiveToEnd()
        other.close()
        try balancer.expectBalanced()
    }

    @Test(
        "A tunnel in which nobody speaks ends at its limit, and one half-closed at its own", arguments: ["idle", "fin"])
    func deadlines(kind: String) throws {
        let origin = try Origin { socket, _ in
            _ = try socket.receive(through: "\r\n\r\n")
            try socket.send(TunnelTests.accepted)
            if kind == "fin" { socket.endSending() }
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) {
            if kind == "fin" { $0.tunnelFin = .milliseconds(150) } else { $0.tunnelIdle = .milliseconds(150) }
        }
        let client = try TunnelTests.open(balancer)
        try blockUntil("the tunnel closed") { balancer.openTunnels == 0 }
        #expect(try client.receiveToEnd().bytes.isEmpty)
        try balancer.expectBalanced()
    }

    @Test("A tunnel whose node has ended does not wait a day for a client that stops reading")
    func endBehindBytes() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.receive(through: "\r\n\r\n")
            try socket.send(TunnelTests.accepted)
            // Until all buffers on the way are full; then a reset, which needs no room in them.
            let piece = [UInt8](repeating: 0x61, count: 4096)
            while socket.isWritable(withinMilliseconds: 200) { try socket.send(piece) }
            socket.reset()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) { $0.tunnelFin = .milliseconds(300) }
        let client = try balancer.connect(receiveBufferBytes: 4096)
        try client.send(TunnelTests.handshake)
        _ = try client.receive(through: "\r\n\r\n")
        try blockUntil("the node has reset its side") { origin.openConnections == 0 }
        try blockUntil("the tunnel closed") { balancer.openTunnels == 0 }
        try balancer.expectBalanced()
    }

    @Test("A node that goes offline loses its tunnels and exchanges at once; others keep theirs")
    func offlineNode() throws {
        let one = try TunnelTests.echo()
        let two = try Origin { socket, origin in
            origin.note(try socket.readMessage(.request))
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first half")
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([
            .init(id: "node1", port: one.port), .init(id: "node2", port: two.port, monitors: 9),
        ])
        let tunnel = try TunnelTests.open(balancer)
        let poll = try balancer.connect()
        try poll.send("GET /poll HTTP/1.1\r\nHost: a\r\nCookie: KUMA_FIXED_NODE=node2\r\n\r\n")
        _ = try poll.receive(through: "half")
        try balancer.publish([
            .init(id: "node1", port: one.port),
            .init(id: "node2", port: two.port, status: .offline, isReachable: false, monitors: 9),
        ])
        #expect(try poll.receiveToEnd().end == .reset, "what it has is not the whole")
        try tunnel.send("still here")
        #expect(try tunnel.receive(exactly: 10) == Array("still here".utf8))
        try balancer.publish([
            .init(id: "node1", port: one.port, isReachable: false),
            .init(id: "node2", port: two.port, monitors: 9),
        ])
        #expect(try tunnel.receiveToEnd().bytes.isEmpty)
        try blockUntil("both upstream connections closed") { one.openConnections + two.openConnections == 0 }
        try balancer.expectBalanced()
    }
}
