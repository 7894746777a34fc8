import ClusterCore
import ControlPlane
import Glibc
import Testing

/// Files of tests.
enum StateFiles {
    static func remove(_ path: String) { unlink(path) }

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
                adminState: .drain, monitorCount: 3),
            NodeRecord(id: try NodeID("b"), name: "b"),
        ]
        let monitors = (1...2).map { MonitorAssignment(id: MonitorID($0), home: NodeReference(text: "a")) }
        let now = ContinuousClock.now
        let picture = ClusterPicture(nodes: nodes, isSetUp: true, assignments: monitors, readAt: now)
        let address = SocketAddress.ipv6(high: 0x2001_0DB8_0000_0000, low: 7, port: 3001, scope: 0)
        let saved = SavedState(picture, resolved: { $0.host == "a" ? address : nil })
        let file = StateFile(path: path)
        #expect(try file.read() == nil)
        try file.write(saved)
        #expect(try file.read() == saved)
        let (restored, addresses) = saved.restored(now: now)
        #expect(restored.source == .stateFile)
        #expect(restored.nodes.map(\.status) == [.offline, .online])
        #expect(restored.nodes.map(\.adminState) == [.drain, .active])
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
}
