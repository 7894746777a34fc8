import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Large bodies, slow readers, bounded memory")
struct BackPressureTests {
    static let size = 64 << 20
    /// More than the kernel's buffers hold between one side and the other, whose own receive buffer is small: what the
    /// connection to the balancer may grow to (tcp_rmem, tcp_wmem: up to 32 and 4 MiB, by the kernel) and the send
    /// buffer of the next one. A proxy that buffers would have taken all.
    static let held = size / 4 * 3

    @Test(
        "A large response arrives whole, and no more of it is taken from the node than the client reads and buffers hold"
    )
    func slowDownload() throws {
        let sent = Counter()
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(BackPressureTests.size)\r\n\r\n")
            let piece = [UInt8](repeating: 0x61, count: 1 << 16)
            for _ in 0..<(BackPressureTests.size >> 16) {
                try socket.send(piece)
                sent.add(piece.count)
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect(receiveBufferBytes: 16_384)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.receive(through: "\r\n\r\n")
        try sent.waitUntilStill()
        #expect(sent.value < BackPressureTests.held)
        let body = try client.receive(exactly: BackPressureTests.size)
        #expect(body == [UInt8](repeating: 0x61, count: BackPressureTests.size))
        // Another client is served while one does not read.
        client.close()
        try balancer.expectBalanced()
    }

    @Test(
        "A large request is not taken from the client faster than the node reads it", arguments: ["length", "chunked"])
    func slowUpload(framing: String) throws {
        let go = Counter()
        let origin = try Origin(receiveBufferBytes: 16_384) { socket, _ in
            _ = try socket.receive(through: "\r\n\r\n")
            try blockUntil("the signal to read") { go.value == 1 }
            let expected = framing == "length" ? BackPressureTests.size : 0
            var count = 0
            if framing == "length" {
                while count < expected { count += try socket.receive().count }
            } else {
                var tail: [UInt8] = []
                repeat {
                    let bytes = try socket.receive()
                    count += bytes.count
                    tail = Array((tail + bytes).suffix(5))
                } while tail != Array("0\r\n\r\n".utf8)
            }
            let text = "\(count)"
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        let sent = Counter()
        let piece = [UInt8](repeating: 0x62, count: 1 << 16)
        if framing == "length" {
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(BackPressureTests.size)\r\n\r\n")
        } else {
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
        let wrapped = Array("10000\r\n".utf8) + piece + Array("\r\n".utf8)
        Thread.detachNewThread {
            for _ in 0..<(BackPressureTests.size >> 16) {
                try? client.send(framing == "length" ? piece : wrapped)
                sent.add(piece.count)
            }
            if framing == "chunked" { try? client.send("0\r\n\r\n") }
        }
        try sent.waitUntilStill()
        #expect(sent.value < BackPressureTests.held)
        go.add(1)
        let total =
            framing == "length" ? BackPressureTests.size : (BackPressureTests.size >> 16) * wrapped.count + 5
        #expect(try client.readResponse().text == "\(total)")
        client.close()
        try balancer.expectBalanced()
    }

    @Test("A client that never reads holds up nobody else")
    func bystanders() throws {
        let origin = try Origin { socket, _ in
            while true {
                let request = try socket.readMessage(.request)
                let count = request.target == "/large" ? BackPressureTests.size : 2
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
                try socket.send([UInt8](repeating: 0x63, count: count))
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let stuck = try balancer.connect(receiveBufferBytes: 16_384)
        try stuck.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try stuck.receive(through: "\r\n\r\n")
        for _ in 0..<20 {
            let client = try balancer.connect()
            #expect(try client.get("/small").text == "cc")
        }
        stuck.close()
        try balancer.expectBalanced()
    }
}

/// A number that two threads share.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .acquiring) }
    func add(_ more: Int) { number.add(more, ordering: .acquiringAndReleasing) }

    /// Waits until it has started and then not changed for a while: whoever counts here is held up.
    func waitUntilStill() throws {
        var last = (value: -1, since: Date())
        try blockUntil("the sender is held up") {
            let now = value
            if now != last.value { last = (now, Date()) }
            return now > 0 && Date().timeIntervalSince(last.since) > 0.2
        }
    }
}
