import ClusterCore
import Foundation
import RepeatableRandom
import Synchronization
import Testing
import Waiting

@testable import DataPlane

@Suite("Long runs through pipes")
struct SpliceTests {
    /// A body whose every place can be told: 64 KiB pieces that differ.
    private static func piece(_ number: Int, bytes: Int = 1 << 16) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            var random = SeededRandom(seed: UInt64(number))
            for index in stride(from: 0, to: bytes, by: 8) {
                UnsafeMutableRawBufferPointer(buffer)
                    .storeBytes(of: random.next(), toByteOffset: index, as: UInt64.self)
            }
            count = bytes
        }
    }

    /// Reads the pieces; every so often it lets the buffers fill up first.
    private static func expectPieces(
        _ count: Int, from socket: TestSocket, slowEvery interval: Int = .max, heldUp: Counter = Counter()
    ) throws {
        for number in 0..<count {
            if number % interval == interval - 1 { try heldUp.waitUntilStill() }
            guard try socket.receive(exactly: 1 << 16) == piece(number) else {
                throw TestSocket.Failure(description: "piece \(number) differs")
            }
        }
    }

    @Test("64 MiB arrive byte for byte at a slow reader, through a pipe", arguments: ["length", "until close"])
    func download(_ framing: String) throws {
        let pieces = 1024
        let sent = Counter()
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            let length = framing == "length" ? "Content-Length: \(pieces << 16)\r\n" : ""
            try socket.send("HTTP/1.1 200 OK\r\n\(length)\r\n")
            for number in 0..<pieces {
                try socket.send(SpliceTests.piece(number))
                sent.add(1)
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect(receiveBufferBytes: 65_536)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.receive(through: "\r\n\r\n")
        try SpliceTests.expectPieces(pieces, from: client, slowEvery: 400, heldUp: sent)
        if framing != "length" { #expect(try client.receiveToEnd().bytes.isEmpty) }
        client.close()
        try balancer.expectBalanced()
    }

    @Test("A large request arrives byte for byte, and the connection goes on")
    func upload() throws {
        let pieces = 256
        let origin = try Origin { socket, _ in
            while true {
                let head = try socket.receive(through: "\r\n\r\n")
                if head.hasPrefix("PUT") { try SpliceTests.expectPieces(pieces, from: socket) }
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(pieces << 16)\r\n\r\n")
        for number in 0..<pieces { try client.send(SpliceTests.piece(number)) }
        #expect(try client.readResponse().text == "whole")
        #expect(try client.get("/").text == "whole")
        client.close()
        try balancer.expectBalanced()
    }

    @Test("Long chunks are moved whole, their framing checked, and the next response follows")
    func chunks() throws {
        let sizes = [1 << 20, 16, 3 << 20, 200_000, 1, 1 << 20]
        let origin = try Origin { socket, _ in
            while true {
                _ = try socket.readMessage(.request)
                try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for (number, size) in sizes.enumerated() {
                    try socket.send("\(String(size, radix: 16))\r\n")
                    try socket.send(Array(SpliceTests.piece(number, bytes: (size + 7) / 8 * 8).prefix(size)))
                    try socket.send("\r\n")
                }
                try socket.send("0\r\n\r\n")
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1) {
            $0.spliceRunBytes = 4096
        }
        let client = try balancer.connect()
        let expected = sizes.enumerated().flatMap { SpliceTests.piece($0, bytes: ($1 + 7) / 8 * 8).prefix($1) }
        for _ in 0..<3 { #expect(try client.get("/").body == expected) }
        #expect(origin.acceptedConnections == 1)
    }

    @Test("A tunnel moves long runs and small pieces in both directions, and relays both ends")
    func tunnel() throws {
        let pieces = 128
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            for number in 0..<pieces {
                try socket.send(SpliceTests.piece(number))
                if number % 50 == 0 {
                    // A turn of small talk between long runs.
                    guard try socket.receive(exactly: 4) == Array("ping".utf8) else { return }
                    try socket.send("pong")
                }
            }
            try SpliceTests.expectPieces(pieces, from: socket)
            socket.endSending()
            guard try socket.receiveToEnd().bytes.isEmpty else { return }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        try client.send(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        _ = try client.receive(through: "\r\n\r\n")
        for number in 0..<pieces {
            #expect(try client.receive(exactly: 1 << 16) == SpliceTests.piece(number))
            if number % 50 == 0 {
                try client.send("ping")
                #expect(try client.receive(exactly: 4) == Array("pong".utf8))
            }
        }
        for number in 0..<pieces { try client.send(SpliceTests.piece(number)) }
        #expect(try client.receiveToEnd().end == .closed)
        client.close()
        try balancer.expectBalanced()
    }

    @Test("A node that dies in a long run leaves the client a broken response")
    func nodeDies() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n")
            for number in 0..<64 { try socket.send(SpliceTests.piece(number)) }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.receive(through: "\r\n\r\n")
        let rest = try client.receiveToEnd()
        #expect(rest.bytes.count < 8_000_000)
        #expect(rest.end == .reset)
        try balancer.expectBalanced()
    }

    @Test("Clients that reset within a long run leave no pipe behind, whichever way it went")
    func resets() throws {
        let sent = Counter()
        let origin = try Origin { socket, _ in
            let request = try socket.receive(through: "\r\n\r\n")
            guard request.hasPrefix("GET") else {
                // Reads nothing: every buffer on the way fills up.
                try blockUntil("the client left") { socket.hasEnded }
                return
            }
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
            while true {
                try socket.send(SpliceTests.piece(1))
                sent.add(1)
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        var held = 0
        for round in 0..<6 {
            let client = try balancer.connect(receiveBufferBytes: 16_384)
            if round % 2 == 0 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.receive(exactly: 1 << 20)
                try sent.waitUntilStill()
            } else {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(1 << 30)\r\n\r\n")
                client.makeNonBlocking()
                try blockUntil("no buffer takes more") { (try? client.send(SpliceTests.piece(round))) == nil }
            }
            held += balancer.leasedPipes
            client.reset()
            try balancer.expectBalanced()
        }
        #expect(held > 0, "some of it was held up in a pipe")
        try blockUntil("the nodes' connections are closed") { origin.openConnections == 0 }
    }

    @Test("A pipe that comes back empty serves again, one that does not is closed, and there is a limit")
    func pool() throws {
        var pool = PipePool()
        var lanes = [PipeLane](repeating: PipeLane(), count: PipePool.leased)
        var leases = 0
        for index in lanes.indices where pool.lease(&lanes[index]) { leases += 1 }
        #expect(leases == PipePool.leased)
        var late = PipeLane()
        let isLateServed = pool.lease(&late)
        #expect(!isLateServed, "the limit")
        let held = lanes[0]
        let descriptor = pool.output(of: held)
        lanes[0].held = 5
        pool.giveBackIfEmpty(&lanes[0])
        #expect(lanes[0].pipe == held.pipe, "it holds bytes")
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        pool.discard(&lanes[0])
        #expect(lanes[0].pipe == -1 && lanes[0].isEmpty)
        var open = pool.openCount
        #expect(open == PipePool.leased - 1, "closed")
        for index in lanes.indices { pool.giveBackIfEmpty(&lanes[index]) }
        open = pool.openCount
        #expect(open == PipePool.kept)
        let isServedAgain = pool.lease(&late)
        #expect(isServedAgain)
        pool.giveBackIfEmpty(&late)
        let rest = (pool.leasedCount, pool.openCount)
        #expect(rest == (0, PipePool.kept))
    }
}

extension TestSocket {
    /// Whether the other side has ended, with bytes still unread: POLLRDHUP (poll(2)), which the overlay hides.
    fileprivate var hasEnded: Bool {
        var entry = pollfd(fd: descriptor, events: 0x2000, revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    fileprivate func makeNonBlocking() { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
}
