import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Restarting without refusing anybody", .serialized)
struct HandOverTests {
    @Test(
        "Balancers replace one another on a port under load, and no connection is refused or reset",
        arguments: [[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3], [1, 2, 3]])
    func successors(reactors: [Int]) async throws {
        let origin = try Origin.named("one")
        let node = Balancer.Node(id: "node1", port: origin.port)
        var current = try Balancer([node], reactors: reactors[0])
        let port = current.port
        let clients = ClientLoop(port: port, threads: 6)
        for count in reactors.dropFirst() {
            try clients.waitForAnswers(300)
            let next = try Balancer([node], listenPort: port, reactors: count)
            try clients.waitForAnswers(100)
            await current.plane.drain()
            try current.expectBalanced()
            current = next
        }
        try clients.waitForAnswers(300)
        try clients.stop()
        #expect(clients.failures == [])
        print("measured: \(clients.answers) connections over \(reactors.count - 1) exchanges")
    }

    @Test("Once a balancer drains, every new connection begins at its successor")
    func prefersSuccessor() throws {
        let origin = try Origin.named("one")
        let node = Balancer.Node(id: "node1", port: origin.port)
        let old = try Balancer([node], reactors: 2) { $0.handOver = .seconds(60) }
        let new = try Balancer([node], listenPort: old.port, reactors: 2)
        old.plane.beginDraining()
        try blockUntil("the reactors have begun to drain") {
            old.log.entries.filter { $0.text == "draining" }.count == 2
        }
        let before = old.sum { $0.accepted.load(ordering: .acquiring) }
        for _ in 0..<100 { #expect(try old.connect().get("/").text == "one") }
        #expect(old.sum { $0.accepted.load(ordering: .acquiring) } == before)
        #expect(new.sum { $0.accepted.load(ordering: .acquiring) } == 100)
        // Nobody is left out either when the predecessor ends without waiting.
        old.plane.stop()
        for _ in 0..<100 { #expect(try new.connect().get("/").text == "one") }
    }

    @Test("A balancer that joins another on its port says so; one that is alone says nothing")
    func warnsOfAnother() throws {
        let first = try Balancer([])
        #expect(first.log.warnings.isEmpty)
        let second = try Balancer([], listenPort: first.port)
        #expect(second.log.warnings.map(\.metadata) == [["address": "127.0.0.1:\(first.port)"]])
        second.plane.stop()
        first.plane.stop()
        let third = try Balancer([], listenPort: first.port)
        #expect(third.log.warnings.isEmpty)
    }

    @Test("Balancers that are given one listening socket in turn refuse nobody, not even while none runs")
    func inherited() async throws {
        let origin = try Origin.named("one")
        let node = Balancer.Node(id: "node1", port: origin.port)
        let manager = try ServiceManagerSocket()
        let clients = ClientLoop(port: manager.port, threads: 6)
        for _ in 0..<4 {
            let balancer = try Balancer([node], inherited: [try manager.passed()], reactors: 3)
            #expect(balancer.port == manager.port)
            try clients.waitForAnswers(500)
            await balancer.plane.drain()
            try balancer.expectBalanced()
        }
        let last = try Balancer([node], inherited: [try manager.passed()], reactors: 3)
        try clients.waitForAnswers(100)
        try clients.stop()
        #expect(clients.failures == [])
        withExtendedLifetime(last) { print("measured: \(clients.answers) connections over 4 restarts") }
    }

    @Test("An address beside the inherited sockets is not served, and said so")
    func contradiction() throws {
        let manager = try ServiceManagerSocket()
        let balancer = try Balancer([], listenPort: 1, inherited: [try manager.passed()])
        #expect(balancer.port == manager.port)
        #expect(balancer.log.warnings.map { $0.metadata["address"] } == ["127.0.0.1:1"])
        let agreeing = try Balancer([], listenPort: manager.port, inherited: [try manager.passed()])
        #expect(agreeing.log.warnings.isEmpty)
    }

    @Test("An inherited descriptor that is no listening socket is named, and closed")
    func noListener() throws {
        let manager = try ServiceManagerSocket()
        let connected = try TestSocket.connect(port: manager.port)
        let number = dup(connected.descriptor)
        let error = try #require(throws: DataPlaneError.self) { try Balancer([], inherited: [number]) }
        #expect("\(error)".contains("descriptor \(number)"))
        withExtendedLifetime(manager) { #expect(fcntl(number, F_GETFD) == -1) }
    }
}

/// A listening socket that outlives whoever serves it, as systemd's do.
private final class ServiceManagerSocket {
    private let socket: TestSocket
    let port: UInt16

    init() throws {
        socket = TestSocket(owning: Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = TestSocket.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket.descriptor
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | listen(descriptor, 4096) | getsockname(descriptor, address, &length)
            }
        }
        guard result == 0 else { throw TestSocket.Failure(description: "listen: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// A descriptor that whoever gets it owns.
    func passed() throws -> Int32 {
        let number = dup(socket.descriptor)
        guard number >= 0 else { throw TestSocket.Failure(description: "dup: \(String(cString: strerror(errno)))") }
        return number
    }
}
