import DemoCluster
import HTTPTestClient
import MariaDB
import Testing
import Waiting

extension EndToEnd {
    /// The one suite that waits for Kuma's minute: up to a minute and a half.
    @Suite(
        "Planned moves, as they are paced by default", .serialized,
        .cluster("--monitors", "36", "--return-hold", "1s", "--planned-moves", "paced"))
    struct PlannedMoves {}
}

extension EndToEnd.PlannedMoves {
    @Test("Monitors return at a full minute: none is unwatched for longer than its interval + 5 s, none runs twice")
    func returnWithoutAGap() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let before = try await cluster.assignments()
        try await cluster.act(.kill, "node2")
        try await cluster.measured(.failover, of: "node2", within: .seconds(120))
        try await cluster.everyMonitorRunsWhereAssigned(within: .seconds(120))
        let began = try await cluster.now()
        try await cluster.act(.start, "node2")
        try await eventually("everything is home again", within: .seconds(150)) { try await cluster.openMoves() == 0 }
        try await cluster.everyMonitorRunsWhereAssigned()
        #expect(try await cluster.assignments() == before)
        let gaps = try await cluster.gaps(since: began)
        print("measured: \(gaps.median) ms between two beats in the median, \(gaps.longest) ms at most; interval 1 s")
        #expect(gaps.longest <= 6_000)
        #expect(try await cluster.interleaved(since: began) == 0, "two nodes ran a monitor side by side")
        try await cluster.everyMonitorRunsOnce()
    }
}

extension ClusterUnderTest {
    /// Between a beat of a monitor and the next one, whichever node made them; in milliseconds, of each monitor the longest.
    func gaps(since time: String) async throws -> (median: Int64, longest: Int64) {
        let rows = try await database.query(
            """
            SELECT CAST(MAX(gap) AS SIGNED) AS longest FROM (
                SELECT monitor_id, TIMESTAMPDIFF(MICROSECOND,
                    LAG(time) OVER (PARTITION BY monitor_id ORDER BY time, id), time) DIV 1000 AS gap
                FROM heartbeat WHERE time > ?) AS beats
            GROUP BY monitor_id ORDER BY longest
            """, [.text(time)])
        let column = try rows.column("longest")
        let gaps = try rows.map { try $0.int(column) }
        return (gaps.isEmpty ? 0 : gaps[gaps.count / 2], gaps.last ?? 0)
    }

    /// Beats of a node between two beats of another: two ran the monitor at once.
    func interleaved(since time: String) async throws -> Int64 {
        try await number(
            """
            SELECT CAST(COUNT(*) AS SIGNED) AS n FROM (
                SELECT node_id, LAG(node_id) OVER w AS earlier, LAG(node_id, 2) OVER w AS before_that
                FROM heartbeat WHERE time > ? WINDOW w AS (PARTITION BY monitor_id ORDER BY time, id)) AS beats
            WHERE node_id <> earlier AND node_id = before_that
            """, [.text(time)])
    }
}
