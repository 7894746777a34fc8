import ClusterCore
import ClusterStore
import ControlPlane
import InMemoryClusterStore
import Testing

@Suite("People's orders")
struct OrderTests {
    /// Two nodes with `monitors` each and an empty third, two balancers of which the first leads.
    private func settled(monitors: Int = 6) async throws -> VirtualCluster {
        let cluster = try await VirtualCluster(nodes: ["node1", "node2"], monitors: monitors)
        let third = try NodeID("node3")
        cluster.tables.kumaStarts(third, name: "node3", host: "node3:3001")
        cluster.startAgent(third)
        cluster.addBalancer("lb1")
        cluster.addBalancer("lb2")
        await cluster.run(for: .seconds(15))
        #expect(cluster.leaders() == [0])
        return cluster
    }

    private func started(_ answer: RebalanceAnswer) throws -> RebalanceJob {
        guard case .started(let job, _) = answer else { throw UnexpectedAnswer(answer: answer) }
        return job
    }

    private struct UnexpectedAnswer: Error { let answer: RebalanceAnswer }

    private func noJob(_ cluster: VirtualCluster) async -> Bool {
        (try? await cluster.store.poll().orders.job == nil) ?? false
    }

    @Test("a dry run at any balancer plans and changes nothing")
    func dryRun() async throws {
        let cluster = try await settled()
        for balancer in cluster.balancers {
            let outline = try await balancer.planRebalance(RebalanceRequest(.rebalance))
            #expect(outline.moves == 4)
            #expect(outline.routes.map { "\($0.from)>\($0.to) \($0.count)" } == ["node1>node3 2", "node2>node3 2"])
            #expect(try await balancer.planRebalance(RebalanceRequest(.rebalance, limit: 1)).moves == 1)
        }
        await cluster.run(for: .seconds(5))
        #expect(try await cluster.counts() == ["node1": 6, "node2": 6])
    }

    @Test("a rebalancing asked for at a follower is done by the leader, for good and once")
    func follower() async throws {
        let cluster = try await settled()
        let job = try started(try await cluster.balancers[1].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        #expect(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.force), by: "you") == .busy)
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        #expect(try await cluster.counts() == ["node1": 4, "node2": 4, "node3": 4])
        #expect(try await cluster.store.assignments().allSatisfy { $0.assigned == nil })
        #expect(cluster.tables.journal.count == 4)
        let ended = try #require(try await cluster.balancers[1].rebalanceJobs().first)
        #expect(ended.id == job.id && ended.state == .done && ended.moved == 4 && ended.requestedBy == "me")
        #expect(
            try await cluster.events(.rebalanceFinished).map(\.detail) == [
                "rebalancing 1 finished: 4 of 4 monitors moved"
            ])
        #expect(try await cluster.events(.rebalanceStarted).count == 1)
        await cluster.run(for: .seconds(60))
        #expect(cluster.tables.journal.count == 4, "what was rebalanced does not return")
        for balancer in cluster.balancers {
            #expect(balancer.snapshot.recentJobs.map(\.state) == [.done] && balancer.snapshot.orders.job == nil)
        }
        guard case .balanced = try await cluster.balancers[1].requestRebalance(RebalanceRequest(.rebalance), by: "me")
        else {
            Issue.record("there was still something to do")
            return
        }
    }

    @Test("a new home is a home: it is failed over from, and returned to")
    func newHome() async throws {
        let cluster = try await settled()
        _ = try started(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        let before = try await cluster.store.assignments()
        cluster.kill("node3")
        await cluster.run(for: .seconds(8))
        #expect(try await cluster.counts() == ["node1": 6, "node2": 6])
        try cluster.start("node3")
        await cluster.run(for: .seconds(60))
        #expect(try await cluster.store.assignments() == before)
    }

    @Test("visitors of a deleted node get new homes, in full batches too")
    func deletedHome() async throws {
        let cluster = try await settled(monitors: 1_800)
        cluster.kill("node2")
        cluster.agents[try NodeID("node2")] = nil
        await cluster.run(for: .seconds(20))
        cluster.tables.removeNode(try NodeID("node2"))
        await cluster.run(for: .seconds(3))
        for id in Int64(1)...1_500 { cluster.tables.put(MonitorAssignment(id: MonitorID(id), home: nil)) }
        await cluster.run(for: .seconds(3))
        let answer = try await cluster.balancers[1].requestRebalance(RebalanceRequest(.force), by: "me")
        let job = try started(answer)
        #expect(job.total > MoveLimits.step)
        #expect(await cluster.run(upTo: .seconds(20)) { await noJob(cluster) } != nil)
        #expect(try await cluster.counts() == ["NA": 1_500, "node1": 1_050, "node3": 1_050])
        #expect(try await cluster.store.openMoves().isEmpty)
        #expect(try await cluster.store.jobs().first?.moved == job.total)
    }

    @Test("the next leader finishes what a killed one began, and moves nothing twice")
    func takeover() async throws {
        let cluster = try await settled(monitors: 3_600)
        _ = try started(try await cluster.balancers[1].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        let begun = await cluster.run(upTo: .seconds(5)) {
            (try? await cluster.store.poll().orders.job?.moved) == MoveLimits.step
        }
        #expect(begun != nil)
        cluster.frozen = [0]
        #expect(await cluster.run(upTo: .seconds(20)) { await noJob(cluster) } != nil)
        #expect(cluster.leaders() == [1])
        #expect(try await cluster.counts() == ["node1": 2_400, "node2": 2_400, "node3": 2_400])
        #expect(cluster.tables.journal.count == 2_400)
        #expect(try await cluster.store.jobs().first?.moved == 2_400)
    }

    @Test("a cancelled job stops after its batch and leaves whole batches behind")
    func cancel() async throws {
        let cluster = try await settled(monitors: 3_600)
        _ = try started(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        _ = await cluster.run(upTo: .seconds(5)) {
            (try? await cluster.store.poll().orders.job?.moved) == MoveLimits.step
        }
        #expect(try await cluster.balancers[1].cancelRebalance()?.isCancelled == true)
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        #expect(try await cluster.store.jobs().first?.state == .cancelled)
        #expect(cluster.tables.journal.count == MoveLimits.step)
        #expect(try await cluster.balancers[1].cancelRebalance() == nil)
        #expect(try await cluster.events(.rebalanceCancelled).count == 1)
    }

    @Test("force deals all monitors anew, but a person's assignment stays")
    func force() async throws {
        let cluster = try await settled()
        cluster.tables.assign(MonitorID(1), to: NodeReference(text: "node2"))
        await cluster.run(for: .seconds(2))
        let outline = try await cluster.balancers[0].planRebalance(RebalanceRequest(.force))
        #expect(outline.kept == 1)
        let job = try started(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.force), by: "me"))
        #expect(job.kind == .force && job.total == outline.moves)
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        #expect(try await cluster.counts() == ["node1": 4, "node2": 4, "node3": 4])
        #expect(cluster.monitor(1)?.assigned?.text == "node2")
        #expect(cluster.tables.journal.allSatisfy { $0.entry.reason == .force })
    }

    @Test("a job with no fit node fails and says so")
    func noFitNode() async throws {
        let cluster = try await settled()
        _ = try started(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        for name in ["node1", "node2", "node3"] {
            _ = try await cluster.store.setAdminState(.drain, of: try NodeID(name))
        }
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        let job = try #require(try await cluster.store.jobs().first)
        #expect(job.state == .failed && job.error == "no node is fit to be given monitors")
        #expect(try await cluster.events(.rebalanceFailed).count == 1)
    }

    @Test("while paused nothing moves, routing and speaking go on, and resume moves at once")
    func pause() async throws {
        let cluster = try await settled()
        try await cluster.balancers[1].pause(PauseOrder(by: "me", reason: "upgrade"))
        await cluster.run(for: .seconds(2))
        #expect(cluster.balancers[0].snapshot.orders.activePause?.reason == "upgrade")
        // Its agent dies with it: the leader must still speak for it.
        cluster.agents[try NodeID("node2")] = nil
        cluster.kill("node2")
        await cluster.run(for: .seconds(30))
        #expect(try await cluster.store.node(try NodeID("node2"))?.status == .offline)
        #expect(cluster.publishers[0].table.nodes.count { $0.isReachable } == 2)
        #expect(try await cluster.counts() == ["node1": 6, "node2": 6])
        guard case .paused = try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me")
        else {
            Issue.record("a rebalancing began under a pause")
            return
        }
        #expect(try await cluster.balancers[0].resume(by: "you"))
        await cluster.run(for: .seconds(3))
        #expect(try await cluster.counts()["node2"] == nil)
        #expect(try await cluster.balancers[0].resume(by: "you") == false)
        #expect(try await cluster.events(.automationPaused).map(\.detail) == ["automatic moves paused by me: upgrade"])
        #expect(try await cluster.events(.automationResumed).count == 1)
    }

    @Test("a pause with an end resumes by itself, and the history says so once")
    func pauseEnds() async throws {
        let cluster = try await settled()
        let until: Duration = .seconds(1_800_000_000) + cluster.time.elapsed + .seconds(20)
        try await cluster.balancers[0].pause(PauseOrder(by: "me", reason: "", until: until))
        cluster.kill("node2")
        await cluster.run(for: .seconds(18))
        #expect(try await cluster.counts()["node2"] == 6)
        await cluster.run(for: .seconds(5))
        #expect(try await cluster.counts()["node2"] == nil)
        #expect(cluster.balancers[1].snapshot.orders.pause == nil)
        #expect(try await cluster.events(.automationResumed).map(\.detail) == ["the pause by me ended in time"])
    }

    @Test("a job holds during a pause and goes on after it")
    func jobUnderPause() async throws {
        let cluster = try await settled(monitors: 3_600)
        _ = try started(try await cluster.balancers[0].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        _ = await cluster.run(upTo: .seconds(5)) {
            (try? await cluster.store.poll().orders.job?.moved) == MoveLimits.step
        }
        try await cluster.balancers[0].pause(PauseOrder(by: "me", reason: ""))
        await cluster.run(for: .seconds(10))
        #expect(cluster.tables.journal.count == MoveLimits.step)
        _ = try await cluster.balancers[1].resume(by: "me")
        #expect(await cluster.run(upTo: .seconds(5)) { await noJob(cluster) } != nil)
        #expect(cluster.tables.journal.count == 2_400)
    }

    @Test("a job that a pause holds can be cancelled")
    func cancelUnderPause() async throws {
        let cluster = try await settled()
        _ = try started(try await cluster.balancers[1].requestRebalance(RebalanceRequest(.rebalance), by: "me"))
        try await cluster.balancers[1].pause(PauseOrder(by: "me", reason: ""))
        await cluster.run(for: .seconds(3))
        #expect(try await cluster.store.poll().orders.job?.state == .pending)
        #expect(try await cluster.balancers[1].setAdminState(.maintenance, of: try NodeID("node1"), by: "me") == 0)
        _ = try await cluster.balancers[1].cancelRebalance()
        #expect(await cluster.run(upTo: .seconds(3)) { await noJob(cluster) } != nil)
        #expect(try await cluster.store.jobs().first?.state == .cancelled)
        #expect(cluster.tables.journal.isEmpty)
    }

    @Test("maintenance by a follower empties the node, with who did it in the history")
    func adminState() async throws {
        let cluster = try await settled()
        let node1 = try NodeID("node1")
        #expect(try await cluster.balancers[1].setAdminState(.drain, of: node1, by: "me") == 0)
        #expect(try await cluster.balancers[1].setAdminState(.maintenance, of: node1, by: "me") == 6)
        #expect(try await cluster.balancers[1].setAdminState(.drain, of: try NodeID("nobody"), by: "me") == nil)
        await cluster.run(for: .seconds(3))
        #expect(try await cluster.counts()["node1"] == nil)
        #expect(
            try await cluster.events(.adminStateChanged).map(\.detail) == [
                "node1 was set to drain by me", "node1 was set to maintenance by me",
            ])
        #expect(try await cluster.balancers[0].moves(MoveQuery(reason: .maintenance)).count == 6)
    }
}
