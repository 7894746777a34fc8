import ClusterCore
import KumaClient
import Secrets
import Testing
import Waiting

@Suite("Probing a node")
struct HTTPNodeProbeTests {
    private static let health = HTTPNodeProbe.healthPath

    /// Probes a scripted node as often as wanted and stops everything afterwards.
    private func probe(
        times: Int = 1, timeout: Duration = .seconds(10), _ prepare: (ScriptedNode) async -> Void
    ) async throws -> (results: [ProbeResult], paths: [String]) {
        let node = try await ScriptedNode()
        await prepare(node)
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client)
        var results: [ProbeResult] = []
        for _ in 0..<times {
            results.append(
                await probe.probe(NodeAddress(host: "127.0.0.1", port: node.port), timeout: timeout))
        }
        await client.shutdown()
        await node.stop()
        return (results, node.requests.map(\.path))
    }

    @Test("200 and 429 are answers of a living node", arguments: [200, 429])
    func healthy(status: Int) async throws {
        let (results, _) = try await probe { $0.set(.status(status, #"{"ok":true}"#), at: Self.health) }
        #expect(results[0].finding == .healthy)
        #expect(results[0].detail.hasPrefix("answered \(status) in "))
    }

    @Test("a node whose name was looked up is asked at that address, by its name, and no resolver is")
    func resolved() async throws {
        let node = try await ScriptedNode()
        node.set(.status(200, #"{"ok":true}"#), at: Self.health)
        let client = KumaHTTPClient()
        let address = NodeAddress(host: "kuma1.invalid", port: node.port)
            .reached(at: .ipv4(octets: 0x7F00_0001, port: node.port))
        let result = await HTTPNodeProbe(client: client).probe(address, timeout: .seconds(10))
        #expect(result.finding == .healthy, "\(result.detail)")
        #expect(node.requests.map(\.host) == ["kuma1.invalid:\(node.port)"])
        await client.shutdown()
        await node.stop()
    }

    @Test(
        "200 is healthy with Kuma's report only",
        arguments: [
            (#"{"ok":true,"status":"healthy","checks":{"database":{"status":"healthy","responseTime":2}}}"#, "healthy"),
            (#"{"checks":{"database":{"status":"healthy"}}}"#, "healthy"),
            (#"{"ok":false,"checks":{"database":{"status":"healthy"}}}"#, "answered 200: it is not healthy"),
            (#"{"ok":true,"checks":[]}"#, "healthy"),
            (#"{"ok":false}"#, "answered 200: it is not healthy"),
            (#"{"ok":false,"checks":{"database":{"status":"unhealthy"}}}"#, "answered 200: its database is unhealthy"),
            ("<!DOCTYPE html><html><title>Uptime Kuma</title></html>", "without a health report"),
            ("", "without a health report"), ("{}", "without a health report"), ("[]", "without a health report"),
            (#""ok""#, "without a health report"), (#"{"ok":"true"}"#, "without a health report"),
            (#"{"type":"entryPage"}"#, "without a health report"),
        ])
    func report(body: String, expected: String) async throws {
        let (results, paths) = try await probe { $0.set(.status(200, body), at: Self.health) }
        #expect(paths == [Self.health])
        switch expected {
        case "healthy": #expect(results[0].finding == .healthy)
        case _:
            #expect(results[0].finding == (expected.contains("database") ? .degraded : .unhealthy))
            #expect(results[0].detail.contains(expected), "\(results[0].detail)")
        }
    }

    @Test("a stock Kuma, whose page answers every path, is told from a node, and named")
    func stockPage() async throws {
        let (results, _) = try await probe {
            for path in [Self.health, "/", "/api/entry-page"] { $0.set(.status(200, "<!DOCTYPE html>"), at: path) }
        }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail.contains("a stock Uptime Kuma, which is no node of a cluster"))
    }

    @Test("a path that a person chose is healthy by its 200, and a 503's reasons are passed on")
    func chosenPath() async throws {
        let node = try await ScriptedNode()
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client, path: "/lb/ready")
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        node.set(.status(200, "fine"), at: "/lb/ready")
        #expect(await probe.probe(address, timeout: .seconds(10)).finding == .healthy)
        node.set(
            .status(503, #"{"ready":false,"reasons":["no_routable_node","not_a_cluster_database"]}"#), at: "/lb/ready")
        let result = await probe.probe(address, timeout: .seconds(10))
        #expect(result.finding == .unhealthy)
        #expect(result.detail == "answered 503: no_routable_node, not_a_cluster_database")
        await client.shutdown()
        await node.stop()
    }

    /// Probes nodes that answer at `share` of the limit, all at once.
    private func sweep(_ shares: [Double], limit: Duration, page: Duration?) async throws -> [ProbeResult] {
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client)
        let results = try await withThrowingTaskGroup(of: (Int, ProbeResult).self) { group in
            for (index, share) in shares.enumerated() {
                group.addTask {
                    let node = try await ScriptedNode()
                    node.set(.late(limit * share, .init(status: 200, body: #"{"ok":true}"#)), at: Self.health)
                    node.set(page.map { .late($0, .init(status: 200)) } ?? .silence, at: "/")
                    let address = NodeAddress(host: "127.0.0.1", port: node.port)
                    let check = index % 2 == 0 ? probe.probe : probe.routineProbe
                    let result = await check(address, limit)
                    await node.stop()
                    return (index, result)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        await client.shutdown()
        return shares.indices.compactMap { results[$0] }
    }

    @Test("a health answer counts up to the limit, whatever the pages do; beyond it they decide")
    func late() async throws {
        // The last tenth is the machine's: it may be busy.
        let shares = [0.5, 0.7, 0.74, 0.76, 0.8, 0.85, 0.9]
        async let slowPages = sweep(shares, page: nil, until: shares.map { _ in .healthy })
        async let fastPages = sweep(shares, page: .zero, until: shares.map { _ in .healthy })
        async let beyond = sweep([1.25, 1.3], page: nil, until: [.unhealthy, .unhealthy])
        async let served = sweep([1.25, 1.3], page: .zero, until: [.degraded, .degraded])
        #expect(try await slowPages.map(\.finding) == shares.map { _ in .healthy })
        #expect(try await fastPages.map(\.finding) == shares.map { _ in .healthy })
        #expect(try await beyond.map(\.detail) == ["timed out after 2 s", "timed out after 2 s"])
        #expect(try await served.map(\.finding) == [.degraded, .degraded])
    }

    /// Sweeps anew where the machine took what the limit leaves: a defect shows each time.
    private func sweep(
        _ shares: [Double], page: Duration?, until wanted: [ProbeResult.Finding]
    ) async throws -> [ProbeResult] {
        try await persistently(until: { $0.map(\.finding) == wanted }) {
            try await sweep(shares, limit: .seconds(2), page: page)
        }
    }

    /// What a probe in little time finds, tried anew where the machine took the time: a defect shows each time.
    private func persistently<Result>(
        until isRight: (Result) -> Bool, _ attempt: () async throws -> Result
    ) async throws -> Result {
        var result = try await attempt()
        for _ in 0..<5 where !isRight(result) { result = try await attempt() }
        return result
    }

    @Test("a Kuma without the health path is asked for its entry page, and remembered")
    func stock() async throws {
        let page = #"{"type":"entryPage","entryPage":"dashboard"}"#
        let (results, paths) = try await probe(times: 2) { $0.set(.status(200, page), at: "/api/entry-page") }
        #expect(results.map(\.finding) == [.healthy, .healthy])
        #expect(paths == [Self.health, "/api/entry-page", "/api/entry-page"])
    }

    @Test("another program's 200 is no entry page", arguments: ["", "{}", "<!DOCTYPE html>", #"{"type":1}"#])
    func noEntryPage(body: String) async throws {
        let (results, _) = try await probe { $0.set(.status(200, body), at: "/api/entry-page") }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail == "answered 200 without Kuma's entry page: this is another program")
    }

    @Test("a node without either page is unhealthy")
    func neither() async throws {
        let (results, _) = try await probe { _ in }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail == "answered 404 on /api/entry-page")
    }

    @Test("a 503 that blames the database is degraded, not dead")
    func degraded() async throws {
        let body = #"{"ok":false,"status":"unhealthy","checks":{"database":{"status":"unhealthy","responseTime":3}}}"#
        let (results, _) = try await probe { $0.set(.status(503, body), at: Self.health) }
        #expect(results[0].finding == .degraded)
        #expect(results[0].detail == "answered 503: its database is unhealthy")
    }

    @Test(
        "any other 503 is unhealthy",
        arguments: ["", "down", "{}", #"{"checks":{"database":{"status":"healthy"}}}"#, #"{"checks":[]}"#])
    func unavailable(body: String) async throws {
        let (results, _) = try await probe { $0.set(.status(503, body), at: Self.health) }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail == "answered 503")
    }

    @Test("a redirect is not followed")
    func redirect() async throws {
        let (results, paths) = try await probe { $0.set(.status(302), at: Self.health) }
        #expect(results[0].finding == .unhealthy)
        #expect(paths == [Self.health])
    }

    @Test("a node that says nothing costs the deadline and no more")
    func hang() async throws {
        // A quarter of the time is the page's: it must be asked for within that.
        let (results, paths) = try await persistently(until: { $0.paths.count == 2 }) {
            try await probe(timeout: .milliseconds(400)) {
                $0.set(.silence, at: Self.health)
                $0.set(.silence, at: "/")
            }
        }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail == "timed out after 0.4 s")
        #expect(paths == [Self.health, "/"])
    }

    @Test("a health check that hangs beside a page that is served is the database's trouble, not the node's")
    func frozenDatabase() async throws {
        let (results, _) = try await persistently(until: { $0.results[0].finding == .degraded }) {
            try await probe(timeout: .seconds(2)) {
                $0.set(.silence, at: Self.health)
                $0.set(.status(302), at: "/")
            }
        }
        #expect(results[0].finding == .degraded)
        #expect(results[0].detail == "its health check hangs, and it serves pages")
    }

    @Test("a body that never ends costs the deadline too")
    func endlessBody() async throws {
        let (results, _) = try await probe(timeout: .milliseconds(200)) {
            $0.set(.answer(.init(status: 503, body: "{", ending: .hanging)), at: Self.health)
            $0.set(.silence, at: "/")
        }
        #expect(results[0].detail == "timed out after 0.2 s")
    }

    @Test("a body above 64 KiB is not read")
    func oversized() async throws {
        let (results, _) = try await probe {
            $0.set(.status(200, String(repeating: "x", count: 64 * 1024 + 1)), at: Self.health)
        }
        #expect(results[0].finding == .unhealthy)
        #expect(results[0].detail == "answered more than 65536 bytes")
    }

    @Test("a closed connection and a refused one are told apart")
    func closedAndRefused() async throws {
        let (closed, _) = try await probe { $0.set(.hangUp, at: Self.health) }
        #expect(closed[0].detail == "closed without an answer")
        let (refused, _) = try await probe { await $0.stop() }
        #expect(refused[0].finding == .unhealthy)
        #expect(refused[0].detail == "connection refused")
    }
}

@Suite("Routine checks go over a kept connection")
struct RoutineProbeTests {
    private static let health = HTTPNodeProbe.healthPath

    /// A healthy node, and checks of it.
    private func withNode(
        _ body: (ScriptedNode, @Sendable () async -> ProbeResult, @Sendable () async -> ProbeResult) async throws ->
            Void
    ) async throws {
        let node = try await ScriptedNode()
        node.set(.status(200, #"{"ok":true}"#), at: Self.health)
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client)
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        try await body(
            node, { await probe.routineProbe(address, timeout: .seconds(10)) },
            { await probe.probe(address, timeout: .seconds(10)) })
        await client.shutdown()
        await node.stop()
    }

    @Test("one connection serves ten checks, then another one")
    func reused() async throws {
        try await withNode { node, routine, _ in
            for _ in 0..<10 { #expect(await routine().finding == .healthy) }
            #expect(node.accepted == 1)
            #expect(await routine().finding == .healthy)
            #expect(node.accepted == 2)
            try await eventually { node.connectionCount == 1 }
        }
    }

    @Test("a connection that is asked nothing more is closed before the node would")
    func idle() async throws {
        try await withNode { node, routine, _ in
            _ = await routine()
            let kept = ContinuousClock.now
            #expect(node.connectionCount == 1)
            try await eventually { node.connectionCount == 0 }
            #expect(ContinuousClock.now - kept < .seconds(5))
        }
    }

    @Test("a check out of suspicion meets the node as a new client would, and leaves no connection behind")
    func suspicion() async throws {
        try await withNode { node, routine, suspicious in
            _ = await routine()
            #expect(await suspicious().finding == .healthy)
            #expect(node.accepted == 2)
            try await eventually { node.connectionCount == 0 }
            await node.close()
            #expect(await suspicious().detail == "connection refused")
        }
    }

    @Test("a connection that the node has closed meanwhile costs nothing but another one")
    func closedByNode() async throws {
        try await withNode { node, routine, _ in
            _ = await routine()
            await node.closeConnections()
            #expect(await routine().finding == .healthy)
            node.set(.hangUp, at: Self.health)
            let result = await routine()
            #expect(result.detail == "closed without an answer")
            // Once over the kept connection, once over a fresh one.
            #expect(node.requests.count == 4)
            #expect(node.accepted == 3)
        }
    }

    @Test("a node that dies is found dead by the next check")
    func dead() async throws {
        try await withNode { node, routine, _ in
            _ = await routine()
            await node.stop()
            #expect(await routine().detail == "connection refused")
        }
    }

    @Test("an answer that comes after the deadline belongs to nobody")
    func late() async throws {
        let node = try await ScriptedNode()
        node.set(.silence, at: Self.health)
        node.set(.silence, at: "/")
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client)
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        #expect(await probe.routineProbe(address, timeout: .milliseconds(200)).finding == .unhealthy)
        try await eventually { node.connectionCount == 0 }
        await client.shutdown()
        await node.stop()
    }

    @Test("a check whose task was cancelled ends at once")
    func cancelled() async throws {
        let node = try await ScriptedNode()
        node.set(.silence, at: Self.health)
        let client = KumaHTTPClient()
        let probe = HTTPNodeProbe(client: client)
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        let check = Task { await probe.routineProbe(address, timeout: .seconds(600)) }
        try await eventually { node.requests.count == 1 }
        check.cancel()
        #expect(await check.value.finding == .unhealthy)
        await client.shutdown()
        await node.stop()
    }
}

@Suite("Asking a node to reconcile")
struct HTTPReconcileTriggerTests {
    private static let path = "/api/v1/reconcile-monitors"

    private func reconcile(
        key: String = "uk1_abc", timeout: Duration = .seconds(10), _ prepare: (ScriptedNode) async -> Void
    ) async throws -> (outcome: ReconcileOutcome, requests: [ScriptedNode.Request]) {
        let node = try await ScriptedNode()
        await prepare(node)
        let client = KumaHTTPClient()
        let outcome = await HTTPReconcileTrigger(client: client, apiKey: Secret(key))
            .reconcile(NodeAddress(host: "127.0.0.1", port: node.port), timeout: timeout)
        await client.shutdown()
        await node.stop()
        return (outcome, node.requests)
    }

    @Test("it prints no key, whatever the scheme", arguments: ["uk1_abc", "eyJx.y.z"])
    func unprintable(key: String) async {
        let client = KumaHTTPClient()
        let trigger = HTTPReconcileTrigger(client: client, apiKey: Secret(key))
        var dumped = ""
        dump(trigger, to: &dumped)
        for text in ["\(trigger)", String(reflecting: trigger), dumped] {
            #expect(!text.contains(key) && text.contains("<redacted>"))
        }
        await client.shutdown()
    }

    @Test(
        "it posts with the key as authorization", arguments: [("uk1_abc", "uk1_abc"), ("eyJx.y.z", "Bearer eyJx.y.z")])
    func posts(key: String, header: String) async throws {
        let (outcome, requests) = try await reconcile(key: key) { $0.set(.status(200, "{}"), at: Self.path) }
        #expect(outcome == .done)
        #expect(requests.map(\.method) == ["POST"] && requests.map(\.path) == [Self.path])
        #expect(requests.map(\.authorization) == [header])
    }

    @Test("a refusal is told as one")
    func refused() async throws {
        let (outcome, _) = try await reconcile { $0.set(.status(401), at: Self.path) }
        #expect(outcome == .refused(detail: "answered 401"))
    }

    @Test("a call that was answered by silence or a close may have arrived; a refused connect has not")
    func unknown() async throws {
        let (silent, _) = try await reconcile(timeout: .seconds(2)) { $0.set(.silence, at: Self.path) }
        #expect(silent == .unknown(detail: "timed out"))
        let (closed, requests) = try await reconcile { $0.set(.hangUp, at: Self.path) }
        #expect(closed == .unknown(detail: "closed without an answer"))
        #expect(requests.count == 1)
        let (refused, _) = try await reconcile { await $0.stop() }
        #expect(refused == .notSent(detail: "connection refused"))
    }
}

@Suite("Having a node start one monitor anew")
struct MonitorRefresherTests {
    private static let path = "/api/v1/monitors/7"

    private func refresh(
        timeout: Duration = .seconds(10), _ prepare: (ScriptedNode) async -> Void
    ) async throws -> (outcome: RefreshOutcome, requests: [ScriptedNode.Request]) {
        let node = try await ScriptedNode()
        await prepare(node)
        let client = KumaHTTPClient()
        let outcome = await HTTPReconcileTrigger(client: client, apiKey: Secret("uk1_abc"))
            .refresh(MonitorID(7), at: NodeAddress(host: "127.0.0.1", port: node.port), timeout: timeout)
        await client.shutdown()
        await node.stop()
        return (outcome, node.requests)
    }

    @Test("it puts an empty object, with the key")
    func puts() async throws {
        let (outcome, requests) = try await refresh { $0.set(.status(200, "{}"), at: Self.path) }
        #expect(outcome == .done)
        #expect(requests.map(\.method) == ["PUT"] && requests.map(\.path) == [Self.path])
        #expect(requests.map(\.authorization) == ["uk1_abc"] && requests.map(\.body) == ["{}"])
    }

    @Test("each answer says whether to ask again")
    func outcomes() async throws {
        #expect(try await refresh { $0.set(.status(429), at: Self.path) }.outcome == .tooMany)
        #expect(try await refresh { $0.set(.status(404), at: Self.path) }.outcome == .refused(detail: "answered 404"))
        let silent = try await refresh(timeout: .milliseconds(200)) { $0.set(.silence, at: Self.path) }
        #expect(silent.outcome == .unanswered(detail: "timed out"))
        #expect(try await refresh { await $0.stop() }.outcome == .unanswered(detail: "connection refused"))
    }
}

@Suite("The tether")
struct TCPNodeTetherTests {
    @Test("it ends when the node dies")
    func ends() async throws {
        let node = try await ScriptedNode()
        let client = KumaHTTPClient()
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        let held = Task { await TCPNodeTether(client: client).hold(address) }
        try await eventually { node.connectionCount == 1 }
        await node.stop()
        #expect(await held.value == .closed)
        #expect(await TCPNodeTether(client: client).hold(address) == .notConnected)
        await client.shutdown()
    }

    @Test("it lets go when it is cancelled")
    func cancelled() async throws {
        let node = try await ScriptedNode()
        let client = KumaHTTPClient()
        let held = Task {
            await TCPNodeTether(client: client).hold(NodeAddress(host: "127.0.0.1", port: node.port))
        }
        try await eventually { node.connectionCount == 1 }
        held.cancel()
        #expect(await held.value == .cancelled)
        try await eventually { node.connectionCount == 0 }
        await client.shutdown()
        await node.stop()
    }
}
