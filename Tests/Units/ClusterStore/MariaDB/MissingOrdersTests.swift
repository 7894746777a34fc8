import ClusterStore
import MariaDB
import Testing

@Suite("Orders of which nothing is known")
struct MissingOrdersTests {
    @Test("A table that is missing means unknown, not none", arguments: ["cluster_setting", "cluster_job"])
    func missing(table: String) async throws {
        let cluster = try await MariaDBTestCluster.make()
        _ = try await cluster.store.preparedSchema()
        #expect(try await cluster.store.poll().orders == StandingOrders())
        try await cluster.sql.execute(Statement("DROP TABLE ", try #require(Identifier(table))))
        #expect(try await cluster.store.poll().orders.source == .unreadable)
        _ = try await cluster.store.preparedSchema()
        #expect(try await cluster.store.poll().orders == StandingOrders())
    }
}
