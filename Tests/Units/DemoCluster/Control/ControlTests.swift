import DemoCluster
import FoundationEssentials
import Glibc
import HTTPTestClient
import NIOPosix
import Secrets
import Testing

@Suite("The running demo and its second terminal")
struct ControlTests {
    /// A socket directory of this test alone.
    private static func withSocket(_ body: (ControlSocket) async throws -> Void) async throws {
        let directory = "/tmp/kuma-demo-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let socket = ControlSocket(environment: ["XDG_RUNTIME_DIR": directory], userID: getuid())
        try socket.prepare()
        do { try await body(socket) } catch {
            try FileManager.default.removeItem(atPath: directory)
            throw error
        }
        try FileManager.default.removeItem(atPath: directory)
    }

    private static func serve(_ socket: ControlSocket, port: UInt16) async throws -> ControlServer {
        try await ControlServer.start(path: socket.path(port: port), group: .singleton) { request in
            switch request {
            case .act(let action, let target): .done("\(port): \(action) \(target)")
            case .status: .refused("still starting")
            }
        }
    }

    @Test("A request finds the one running demo and brings its answer back")
    func roundTrip() async throws {
        try await ControlTests.withSocket { socket in
            let server = try await ControlTests.serve(socket, port: 8084)
            let answer = try await onThread { try ControlClient(socket).ask(.act(.kill, target: "node2"), port: nil) }
            #expect(answer == .done("8084: kill node2"))
            await #expect(throws: DemoRefusal("still starting")) {
                try await onThread { try ControlClient(socket).ask(.status, port: 8084) }
            }
            await server.stop()
            #expect(socket.ports().isEmpty)
        }
    }

    @Test("With several demos one must be named, and a name picks it")
    func several() async throws {
        try await ControlTests.withSocket { socket in
            let one = try await ControlTests.serve(socket, port: 21_000)
            let other = try await ControlTests.serve(socket, port: 22_000)
            let error = await #expect(throws: DemoRefusal.self) {
                try await onThread { try ControlClient(socket).ask(.status, port: nil) }
            }
            let text = try #require(error).description
            #expect(text.contains("21000, 22000"))
            let answer = try await onThread { try ControlClient(socket).ask(.act(.thaw, target: "x"), port: 22_000) }
            #expect(answer == .done("22000: thaw x"))
            await one.stop()
            await other.stop()
        }
    }

    @Test("Without a demo, also with the socket of one that is gone, the error says how to start one")
    func none() async throws {
        try await ControlTests.withSocket { socket in
            // A bound socket whose owner is gone: connecting to it is refused.
            #expect(FileManager.default.createFile(atPath: socket.path(port: 8084), contents: nil))
            let error = await #expect(throws: DemoRefusal.self) {
                try await onThread { try ControlClient(socket).ask(.status, port: nil) }
            }
            let text = try #require(error).description
            #expect(text.contains("kuma-demo"))
        }
    }

    @Test("A directory that others may write is not trusted")
    func foreignDirectory() async throws {
        try await ControlTests.withSocket { socket in
            chmod(socket.directory, 0o777)
            #expect(throws: DemoRefusal.self) { try socket.prepare() }
        }
    }

    @Test("A status survives its journey as JSON, and its table names every part")
    func status() throws {
        let process = DemoStatus.Process(name: "node1", state: .running, pid: 42)
        var node = DemoStatus.Node(id: "node1", address: "127.0.1.1:21000", kuma: process, agent: process)
        node.status = "online"
        node.monitors = 4
        node.recentBeats = 20
        let status = DemoStatus(
            phase: .ready, directory: "/tmp/x", nodes: [node],
            balancers: [DemoStatus.Balancer(url: "http://localhost:8084", process: process)],
            database: DemoStatus.Database(
                process: process, host: "127.0.0.1", port: 3306, name: "kuma", user: "kuma", password: Secret("p")),
            measurements: [DemoStatus.Measurement(kind: .failover, node: "node2", monitors: 4, seconds: 2.5)])
        let line = try #require(ControlCoding.line(ControlAnswer.status(status)))
        #expect(ControlCoding.answer(from: line) == .status(status))
        #expect(!"\(status)".contains("\"p\""))
        let table = StatusTable.render(status)
        #expect(table.contains("node1  online  4         20         pid 42  pid 42  127.0.1.1:21000"))
        #expect(table.contains("all 4 monitors of node2 run elsewhere after 2.5 s"))
    }
}
