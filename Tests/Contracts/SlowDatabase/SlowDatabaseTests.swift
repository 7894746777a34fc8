import ClusterCore
import ClusterStore
import ControlPlane
import DelayingProxy
import FoundationEssentials
import Testing
import Waiting

/// A slow database is not an absent one (Judging.md). Each round trip is delayed, for agents and balancer alike.
@Suite("A database that is far away", .serialized)
struct SlowDatabaseTests {
    struct Distance: Sendable, CustomTestStringConvertible {
        let roundTrip: Duration
        /// From the death of a Kuma to its monitors' being assigned to others.
        let limit: Duration

        var testDescription: String { "\(roundTrip) a round trip" }
    }

    /// With `KUMA_SLOW_DATABASE=all` in the environment the test takes four minutes and prints what it measured.
    private static let isThorough = ProcessInfo.processInfo.environment["KUMA_SLOW_DATABASE"] == "all"

    private static let distances: [Distance] = {
        let all = [
            Distance(roundTrip: .milliseconds(200), limit: .seconds(5)),
            Distance(roundTrip: .milliseconds(100), limit: .seconds(4)),
            Distance(roundTrip: .milliseconds(400), limit: .seconds(8)),
            Distance(roundTrip: .milliseconds(500), limit: .seconds(10)),
            Distance(roundTrip: .seconds(1), limit: .seconds(15)),
        ]
        return isThorough ? all : [all[0]]
    }()

    @Test(
        "the monitors of a dead Kuma are moved in time, nobody else's are, and the leader stays", arguments: distances)
    func failover(_ distance: Distance) async throws {
        let names = (1...(SlowDatabaseTests.isThorough ? 6 : 2)).map { "node\($0)" }
        let reportTTL: Duration = SlowDatabaseTests.isThorough ? .seconds(8) : .seconds(4)
        let cluster = try await FarCluster(nodes: names, monitors: 30, reportTTL: reportTTL)
        try await cluster.run {
            let begin = ContinuousClock.now
            try await eventually("every node reported and was found fit", within: .seconds(20)) {
                let nodes = cluster.balancer.snapshot.nodes
                return nodes.count == names.count && nodes.allSatisfy { $0.record.okStreak >= 3 && $0.isRoutable }
            }
            cluster.proxy.setRoundTrip(distance.roundTrip)
            let passes = cluster.balancer.snapshot.passes.count + 3
            try await eventually("passes end, and the first TTL is over", within: .seconds(60)) {
                cluster.balancer.snapshot.passes.count >= passes && .now - begin > reportTTL + .seconds(1)
            }
            for name in names.dropLast() {
                let start = ContinuousClock.now
                cluster.kumas.kill(name)
                try await eventually("the monitors of \(name) run elsewhere", within: .seconds(30)) {
                    try await cluster.runners()[name] == nil
                }
                let took = ContinuousClock.now - start
                #expect(took < distance.limit, "\(name)")
                if SlowDatabaseTests.isThorough {
                    print("\(distance.roundTrip) a round trip: \(name) moved in \(took)")
                }
                guard SlowDatabaseTests.isThorough else { break }
                // Pace: the next death comes at another moment of a pass.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1_000...4_000)))
            }
            let events = try await cluster.observer.events(EventQuery())
            #expect(events.count { $0.event.kind == .leaderElected } == 1)
            let doubts: Set<ClusterEvent.Kind> = [.databaseReturned, .agentSilent]
            #expect(!events.contains { doubts.contains($0.event.kind) })
        }
    }
}
