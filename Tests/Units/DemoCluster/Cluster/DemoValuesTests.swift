import DemoCluster
import Testing

@Suite("What a person can ask of the demo")
struct DemoValuesTests {
    @Test("Targets are read as they are written", arguments: ["node1", "node12", "agent2", "balancer1", "database"])
    func targets(text: String) throws {
        #expect(try #require(DemoTarget(text)).description == text)
    }

    @Test("Other words are no targets", arguments: ["", "node", "node0", "node-1", "node01", "node 1", "db", "nodes2"])
    func noTargets(text: String) {
        #expect(DemoTarget(text) == nil)
    }

    @Test("Numbers out of range are named, all of them")
    func options() {
        var options = DemoOptions()
        #expect(options.problems.isEmpty)
        options.nodes = 0
        options.balancers = 99
        options.intervalSeconds = -1
        #expect(options.problems.count == 3)
    }

    @Test("Monitors are spread so that counts are within one of each other")
    func homes() {
        let homes = (0..<14).map { HomeAssignments.node(ofMonitor: $0, nodes: 4) }
        let counts = (1...4).map { node in homes.count { $0 == node } }
        #expect(counts == [4, 4, 3, 3])
    }

    @Test("The missing executables are named with the command that builds them")
    func siblings() throws {
        let found = try SiblingExecutables(beside: "/x/debug/kuma-demo") { _ in true }
        #expect(found.balancer == "/x/debug/kuma-balancer")
        let error = #expect(throws: MissingExecutable.self) {
            try SiblingExecutables(beside: "/x/release/kuma-demo") { $0.hasSuffix("agent") }
        }
        #expect(
            try #require(error).description
                == "/x/release/kuma-balancer is missing. Build with: swift build -c release --product kuma-balancer")
    }

    @Test(
        "Only directories that a demo made carry an owner",
        arguments: [
            ("kuma-demo-run-4711-abcdef", Int32(4711) as Int32?), ("kuma-demo-run-abc", nil), ("kuma-demo-run--x", nil),
            ("kuma-demo-run-1-x", nil), ("other", nil),
        ])
    func directories(name: String, owner: Int32?) {
        #expect(DemoDirectory.owner(of: name) == owner)
    }
}

@Suite("Watching monitors change their node")
struct TakeoverWatchTests {
    private func beat(_ monitor: Int64, _ node: String, _ seconds: Double) -> TakeoverWatch.FirstBeat {
        TakeoverWatch.FirstBeat(monitor: monitor, node: node, seconds: seconds)
    }

    @Test("A departure is complete when each monitor has a beat from another node; the last one counts")
    func departure() {
        var watch = TakeoverWatch(.leave(node: "node2"), monitors: [1, 2])
        watch.record([beat(1, "node2", 0.1), beat(2, "node2", 0.2), beat(9, "node1", 0.3)])
        #expect(watch.missing == 2)
        watch.record([beat(1, "node1", 2.5)])
        #expect(watch.seconds == nil)
        watch.record([beat(1, "node1", 2.5), beat(2, "node3", 3.1)])
        #expect(watch.seconds == 3.1)
    }

    @Test("A come-back counts only beats from the node itself")
    func comeback() {
        var watch = TakeoverWatch(.comeBack(node: "node2"), monitors: [1])
        watch.record([beat(1, "node1", 0.5)])
        #expect(watch.missing == 1)
        watch.record([beat(1, "node2", 33)])
        #expect(watch.seconds == 33)
    }

    @Test("A node that ran nothing is done at once")
    func nothing() {
        #expect(TakeoverWatch(.leave(node: "node2"), monitors: []).seconds == 0)
    }

    @Test("Times are shown with one decimal", arguments: [(0.04, "0.0 s"), (2.96, "3.0 s"), (33.25, "33.3 s")])
    func times(seconds: Double, expected: String) {
        #expect(MeasurementText.seconds(seconds) == expected)
    }
}
