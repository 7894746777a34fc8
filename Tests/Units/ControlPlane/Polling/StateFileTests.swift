import ClusterCore
import ClusterStore
import ControlPlane
import Glibc
import InMemoryClusterStore
import Testing

/// Files of tests.
enum StateFiles {
    static func remove(_ path: String) { unlink(path) }
    static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}

@Suite("The state file")
struct StateFileTests {
    @Test("what is written is read again, whole")
    func roundTrip() throws {
        let path = "/tmp/kuma-state-\(UInt64.random(in: .min ... .max)).json"
        defer { StateFiles.remove(path) }
        let nodes = [
            NodeRecord(
                id: try NodeID("a"), name: "Ä \"1\"", host: "a:3001", status: .offline, isPrimary: true,
                adminState: .known(.drain), monitorCount: 3),
            NodeRecord(id: try NodeID("b"), name: "b", adminState: .unknown("quarantine")),
        ]
        let monitors = (1...2).map { MonitorAssignment(id: MonitorID($0), home: NodeReference(text: "a")) }
        let now = ContinuousClock.now
        let snapshot = ClusterSnapshot(nodes: nodes, isSetUp: true, assignments: monitors, readAt: now)
        let address = SocketAddress.ipv6(high: 0x2001_0DB8_0000_0000, low: 7, port: 3001, scope: 0)
        let saved = SavedSnapshot(snapshot, resolved: { $0.host == "a" ? address : nil })
        let file = StateFile(path: path)
        #expect(try file.read() == nil)
        try file.write(saved)
        #expect(try file.read() == saved)
        let (restored, addresses) = saved.restored(now: now)
        #expect(restored.source == .stateFile)
        #expect(restored.nodes.map(\.status) == [.offline, .online])
        #expect(restored.nodes.map(\.adminState) == [.known(.drain), .unknown("quarantine")])
        #expect(restored.nodes.map { restored.monitorCount(of: $0) } == [2, 0])
        #expect(addresses.count == 1 && addresses.first?.host == "a")
        #expect(addresses.first?.address == .ipv6(high: 0x2001_0DB8_0000_0000, low: 7, port: 0, scope: 0))
    }

    @Test(
        "a broken file is a readable problem", arguments: ["", "{", "[]", #"{"version":2,"isSetUp":true,"nodes":[]}"#])
    func broken(text: String) throws {
        let path = "/tmp/kuma-state-\(UInt64.random(in: .min ... .max)).json"
        defer { StateFiles.remove(path) }
        try StateFiles.write(text, to: path)
        #expect(throws: StateFile.Problem.self) { try StateFile(path: path).read() }
    }

    /// A control plane with a state file.
    private func keep(
        at path: String, _ body: (VirtualCluster, CollectedLog) async throws -> Void
    ) async throws {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: 3)
        let log = CollectedLog()
        cluster.addBalancer(configure: { $0.stateFile = path }, log: CollectingLogHandler(log))
        try await body(cluster, log)
        StateFiles.remove(path)
    }

    private static var freePath: String { "/tmp/kuma-state-\(UInt64.random(in: .min ... .max)).json" }

    @Test("the file is written with the first good table, addresses included")
    func firstTable() async throws {
        let path = Self.freePath
        try await keep(at: path) { cluster, _ in
            let took = await cluster.run(upTo: .seconds(2)) { StateFiles.isThere(path) }
            #expect(try #require(took) <= .milliseconds(300))
            let nodes = try StateFile(path: path).read()?.nodes ?? []
            #expect(nodes.map(\.id) == ["node1", "node2"])
            #expect(nodes.map(\.address) == ["127.0.0.1", "127.0.0.2"])
        }
    }

    @Test("the file holds at the end what was the case at the end, whatever was written a moment before")
    func lastTable() async throws {
        let path = Self.freePath
        try await keep(at: path) { cluster, _ in
            await cluster.run(for: .seconds(6))
            for number in Int64(50)..<53 {
                cluster.tables.put(MonitorAssignment(id: MonitorID(number), home: NodeReference(text: "node2")))
            }
            await cluster.run(for: .milliseconds(1_500))
            #expect(try StateFile(path: path).read()?.nodes.map(\.monitorCount) == [3, 3])
            // Told to end: its clients are drained while the file is there already.
            cluster.balancers[0].saveSnapshot()
            #expect(try StateFile(path: path).read()?.nodes.map(\.monitorCount) == [3, 6])
            try cluster.start("node2", as: .primary)
            await cluster.run(for: .milliseconds(1_500))
            // A loop whose clock does not sleep makes one turn and ends.
            try await cluster.balancers[0].run()
            #expect(try StateFile(path: path).read()?.nodes.map(\.isPrimary) == [false, true])
        }
    }

    @Test("a place that takes no file is told of at once, whatever the database does, and again when it takes one")
    func unwritable() async throws {
        let directory = "/tmp/kuma-state-\(UInt64.random(in: .min ... .max))"
        try await keep(at: directory + "/table.json") { cluster, log in
            let told = { log.lines(with: "the state file cannot be written") }
            #expect(told().count == 1)
            #expect(told().first?.contains("No such file or directory") == true)
            await cluster.run(for: .seconds(15))
            #expect(told().count == 1, "once")
            #expect(mkdir(directory, 0o700) == 0)
            await cluster.run(for: .seconds(6))
            #expect(log.lines(with: "the state file is written again").count == 1)
            #expect(StateFiles.isThere(directory + "/table.json"))
        }
        rmdir(directory)
    }

    @Test("what cannot be a state file is known without writing")
    func impossiblePlaces() throws {
        for path in ["/nowhere/table.json", "/tmp"] {
            #expect(throws: StateFile.Problem.self) { try StateFile(path: path).checkWritable() }
        }
        try StateFile(path: Self.freePath).checkWritable()
        try StateFile(path: "table.json").checkWritable()
    }
}
