import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Draining and stopping")
struct DrainTests {
    @Test("Draining refuses new connections, finishes what is in progress and ends idle connections")
    func drain() async throws {
        let go = Counter()
        let origin = try Origin { socket, origin in
            while true {
                let request = try socket.readMessage(.request)
                origin.note(request)
                if request.target == "/slow" { try blockUntil("the signal to answer") { go.value == 1 } }
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let idle = try balancer.connect()
        #expect(try idle.get("/").text == "done")
        let busy = try balancer.connect()
        try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the slow request at the node") { origin.requests.count == 2 }
        balancer.plane.beginDraining()
        #expect(try idle.receiveToEnd().end == .closed)
        idle.close()
        #expect(balancer.serving.isDraining)
        try blockUntil("new connections are refused") { (try? balancer.connect()) == nil }
        go.add(1)
        let response = try busy.readResponse()
        #expect(response.text == "done")
        #expect(response["Connection"] == ["close"])
        busy.close()
        await balancer.plane.drain()
        #expect(balancer.openConnections == 0)
        try balancer.expectBalanced()
    }

    @Test("No request of a busy kept-alive client fails under draining: its last answer tells it to leave")
    func drainUnderLoad() async throws {
        let origin = try Origin.http { $0.target }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let failures = Mutex<[String]>([])
        let (answered, left) = (Counter(), Counter())
        for number in 0..<8 {
            let client = try balancer.connect()
            Thread.detachNewThread {
                do {
                    while true {
                        let response = try client.get("/\(number)")
                        if response.text != "/\(number)" { failures.withLock { $0.append(response.startLine) } }
                        answered.add(1)
                        if response["Connection"] == ["close"] { break }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                client.close()
                left.add(1)
            }
        }
        try blockUntil("the clients are busy") { answered.value > 100 }
        balancer.plane.beginDraining()
        try blockUntil("every client was told to leave") { left.value == 8 }
        #expect(failures.withLock { $0 } == [])
        await balancer.plane.drain()
        try balancer.expectBalanced()
    }

    @Test("Draining closes tunnels within their span and breaks off exchanges that take too long")
    func deadlines() async throws {
        let echo = try TunnelTests.echo()
        let silent = try Origin { socket, _ in _ = try socket.receiveToEnd() }
        let balancer = try Balancer([
            .init(id: "node1", port: echo.port), .init(id: "node2", port: silent.port, monitors: 9),
        ]) {
            $0.drainExchanges = .milliseconds(200)
            $0.drainTunnels = .milliseconds(200)
        }
        let tunnel = try TunnelTests.open(balancer)
        let stuck = try balancer.connect()
        try stuck.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: KUMA_FIXED_NODE=node2\r\n\r\n")
        try blockUntil("the request at the node") { silent.openConnections == 1 }
        balancer.plane.beginDraining()
        _ = try tunnel.receiveToEnd()
        _ = try stuck.receiveToEnd()
        tunnel.close()
        stuck.close()
        await balancer.plane.drain()
        try balancer.expectBalanced()
    }

    @Test("Stopping ends everything at once, and may be repeated")
    func stop() throws {
        let echo = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: echo.port)])
        let tunnel = try TunnelTests.open(balancer)
        balancer.plane.stop()
        balancer.plane.stop()
        _ = try tunnel.receiveToEnd()
        try balancer.expectBalanced()
        #expect(throws: DataPlaneError.self) { try balancer.plane.start() }
    }
}
