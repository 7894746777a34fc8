import Testing

extension EndToEnd {
    @Suite("Real Socket.IO servers and clients", .serialized)
    struct SocketIO {
        /// A third each: polling only, polling and then WebSocket, WebSocket only.
        private static let sessions = 300

        @Test(
            "300 sessions through one balancer, monitors moving meanwhile: each stays on its node",
            .timeLimit(.minutes(8)))
        func oneBalancer() async throws {
            _ = try await outcome(of: try await SocketIOCluster.launch(balancers: 1))
        }

        @Test(
            "300 sessions, each connection of a client to the next of two balancers: by address, each stays on its node",
            .timeLimit(.minutes(8)))
        func twoBalancers() async throws {
            let outcome = try await outcome(
                of: try await SocketIOCluster.launch(balancers: 2, environment: ["LB_SESSION_AFFINITY": "address"]))
            #expect(outcome.connections.count == 2)
            #expect(outcome.connections.allSatisfy { $0 > Self.sessions }, "\(outcome.connections)")
        }

        /// Runs all sessions, each of which is to be whole, and ends the cluster.
        private func outcome(of cluster: SocketIOCluster) async throws -> SocketIOCluster.Outcome {
            let outcome: SocketIOCluster.Outcome
            let seen: [SocketIOCluster.Seen]
            do {
                outcome = try await cluster.run(sessions: Self.sessions, through: cluster.balancerPorts)
                seen = try await cluster.seen()
            } catch {
                await cluster.end()
                throw error
            }
            await cluster.end()
            expectWhole(outcome, seen)
            return outcome
        }

        private func expectWhole(_ outcome: SocketIOCluster.Outcome, _ seen: [SocketIOCluster.Seen]) {
            print(
                "measured: \(outcome.completed) sessions on \(outcome.nodes), \(outcome.connections) connections,",
                "\(seen.flatMap(\.strays).count) unknown sessions, in \(outcome.seconds) s")
            #expect(outcome.failures == [])
            #expect(outcome.failed == 0)
            #expect(outcome.completed == ["polling": 100, "upgrading": 100, "websocket": 100])
            #expect(seen.flatMap(\.strays) == [], "requests with a session of another node")
            #expect(seen.map(\.handshakes).reduce(0, +) == Self.sessions)
            #expect(seen.allSatisfy { $0.handshakes > 0 }, "every node had sessions")
        }
    }
}
