import DemoCluster
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test("With the database dead for longer than REPORT_TTL no request fails, and nothing moves afterwards")
    func databaseOutage() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let (before, moves) = (try await cluster.assignments(), try await cluster.journaledMoves())
        let load = SteadyLoad(port: cluster.balancerPorts[0])
        load.start()
        try await cluster.act(.kill, "database")
        let start = ContinuousClock.now
        try await eventually("6 s without a database: longer than REPORT_TTL", within: .seconds(30)) {
            ContinuousClock.now >= start + .seconds(6)
        }
        try await eventually("the last state is shown, marked as such") {
            let shown = try await cluster.request("GET", "/lb/health")
            #expect(shown.status == 200)
            return shown.text.contains("\"stale\":true")
        }
        #expect(try await cluster.request("GET", "/lb/ready").status == 200)
        try await cluster.act(.start, "database")
        let returned = try await cluster.now()
        // One REPORT_TTL of grace, and the judges' three probes.
        try await eventually("7 s with the database back", within: .seconds(60)) {
            #expect(try await cluster.assignments() == before)
            return try await cluster.havePassed(7_000, since: returned)
        }
        let result = await load.stop()
        #expect(result.failures.isEmpty)
        #expect(result.answered > 100)
        #expect(try await cluster.journaledMoves() == moves)
        #expect(try await cluster.health().allSatisfy { $0.status == "online" })
        try await cluster.settled()
        await FaultTable.shared.add(
            "database killed for 6 s, started again, with a REPORT_TTL of 4 s",
            expected: "no request fails, nothing moves",
            measured: "\(LoadTimes(result, since: start).text); 0 moves")
    }
}
