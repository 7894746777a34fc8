import ChildProcesses
import ControlAPI
import DemoCluster
import HTTPTestClient
import SchemaChecking
import Testing
import Waiting

extension EndToEnd.API {
    /// A balancer of its own, for which this machine is a stranger.
    private func withStrictBalancer(_ body: (APICaller) async throws -> Void) async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let port = try ReservedPorts.take(1)[0]
        let elsewhere = "192.0.2.0/24"
        let balancer = try BalancerProcess(
            try await cluster.status().database, at: .port(port),
            settings: [
                "LB_ADMIN_TOKEN": "a-s3cret-token-of-24-char", "LB_ADMIN_ALLOW": elsewhere, "LB_API_ALLOW": elsewhere,
            ])
        try await balancer.ready()
        let caller = try await APICaller(port: port)
        try await eventually("it knows the nodes") {
            try await caller.askUndescribed("GET", "/lb/ready").status == 200
        }
        try await body(caller)
        try await balancer.stop()
        try await cluster.settled()
    }

    @Test("Who may do what: every row, without the token, with a wrong one, with it, and from another site")
    func accessRules() async throws {
        let token = [("Authorization", "Bearer a-s3cret-token-of-24-char")]
        try await withStrictBalancer { caller in
            for call in APICall.all {
                let stranger = try await caller.make(call)
                let wrong = try await caller.make(call, fields: [("Authorization", "Bearer a-s3cret-token-of-24-cha")])
                switch call.access {
                case .open, .redirect, .ownPin:
                    #expect(stranger.status == call.status && wrong.status == call.status, "\(call.testDescription)")
                case .state:
                    #expect(stranger.status == 403 && wrong.status == 403, "\(call.testDescription)")
                    #expect(stranger.reason == "address_not_allowed")
                case .admin:
                    #expect(stranger.status == 401 && wrong.status == 401, "\(call.testDescription)")
                    #expect(stranger.reason == "admin_required")
                    #expect(stranger.field("WWW-Authenticate")?.hasPrefix("Bearer") == true)
                }
                #expect(
                    try await caller.make(call, fields: token).status == call.status, "\(call.testDescription)")
                let foreign = try await caller.make(call, fields: token + [("Sec-Fetch-Site", "cross-site")])
                switch call.access {
                case .open, .redirect, .state: #expect(foreign.status == call.status, "\(call.testDescription)")
                case .ownPin, .admin: #expect(foreign.status == 403, "\(call.testDescription)")
                }
            }
            // The client cannot say who it is: the data plane does.
            let forged = try await caller.askUndescribed(
                "GET", "/lb/health", fields: [("X-Forwarded-For", "192.0.2.7")])
            #expect(forged.status == 403)
            print(
                "measured: \(caller.validated) answers to strangers, administrators and other sites fit their schemas")
        }
    }

    @Test("LB_ADMIN_LISTEN serves the API, and only the API, until the end")
    func addressOfItsOwn() async throws {
        let cluster = try ClusterUnderTest.running
        let ports = try ReservedPorts.take(2)
        let balancer = try BalancerProcess(
            try await cluster.status().database, at: .port(ports[0]),
            settings: [
                "LB_ADMIN_LISTEN": "\(ports[1])", "LB_TRUSTED_PROXIES": "127.0.0.1",
                "LB_ADMIN_ALLOW": "192.0.2.7,127.0.0.1",
            ])
        try await balancer.ready()
        let caller = try await APICaller(port: ports[1])
        _ = try await caller.ask("GET /lb/health", "/lb/health")
        _ = try await caller.ask("POST /lb/trigger-health-check", "/lb/trigger-health-check")
        #expect(try await caller.askUndescribed("GET", "/").status == 404)
        // Through the balancer this machine is a proxy, which asks for whom it names last.
        let through = try await APICaller(port: ports[0])
        for (hops, status) in [(nil, 403), ("192.0.2.7, 198.51.100.1", 403), ("198.51.100.1, 192.0.2.7", 200)] {
            let fields = hops.map { [("X-Forwarded-For", $0)] } ?? []
            #expect(try await through.askUndescribed("POST", "/lb/update-loads", fields: fields).status == status)
        }
        // A proxy that changes Host says what it was; whoever is no proxy cannot say anything.
        let page = [("Origin", "http://kuma.example"), ("X-Forwarded-Host", "kuma.example")]
        #expect(try await through.askUndescribed("POST", "/lb/clear-fixed-node", fields: page).status == 200)
        let strangers = try await APICaller(port: cluster.balancerPorts[0])
        #expect(try await strangers.askUndescribed("POST", "/lb/clear-fixed-node", fields: page).status == 403)
        let live = try await onThread {
            let live = try LiveStream(port: ports[1])
            // The worst moment: clients are drained and the control loop is over before the next beat.
            _ = try live.read(until: ": beat\n\n")
            return live
        }
        let start = ContinuousClock.now
        try await balancer.stop()
        #expect(start.duration(to: .now) < .seconds(9), "not even the ten seconds that its exchanges get")
        _ = try await onThread { try live.read(until: "\r\n0\r\n\r\n") }
    }

    /// Who has just begun knows only what a pass of its own has read.
    private func knowsTheHistory(_ caller: APICaller) async throws {
        try await eventually("there is a history", within: .seconds(30)) {
            try await caller.json("/lb/health-status")["history"]?.elements.isEmpty == false
        }
        // The one under way may have read before that.
        let before = try await scans(caller)
        try await eventually("a pass has read it", within: .seconds(30)) { try await self.scans(caller) >= before + 2 }
    }

    private func scans(_ caller: APICaller) async throws -> Double {
        guard case .number(let scans) = try await caller.json("/lb/fault-detection-status")["scans"] else { return 0 }
        return scans
    }

    @Test("While the database is away every row answers as promised: the same, the last state marked, or 503")
    func databaseAway() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        var callers: [APICaller] = []
        for port in cluster.balancerPorts { callers.append(try await APICaller(port: port)) }
        for caller in callers { try await knowsTheHistory(caller) }
        try await cluster.act(.kill, "database")
        for caller in callers {
            try await eventually("the balancer has noticed", within: .seconds(30)) {
                try await caller.json("/lb/leader")["stale"] == .bool(true)
            }
            for call in APICall.all {
                let reply = try await caller.make(call)
                switch call.whileAway {
                case .same: #expect(reply.status == call.status, "\(call.testDescription): \(reply.text)")
                case .stale:
                    #expect(reply.status == call.status, "\(call.testDescription): \(reply.text)")
                    let answer = try JSONValue(parsing: reply.text)
                    #expect(answer["stale"] == .bool(true), "\(call.testDescription)")
                    #expect(answer["database"]?["reachable"] == .bool(false), "\(call.testDescription)")
                case .unavailable:
                    #expect(reply.status == 503, "\(call.testDescription): \(reply.text)")
                    #expect(reply.reason == "database_unavailable", "\(call.testDescription)")
                    #expect(reply.field("Retry-After") != nil, "\(call.testDescription)")
                }
            }
            let history = try await caller.json("/lb/health-status")["history"]?.elements ?? []
            #expect(!history.isEmpty, "as it was last seen")
            let live = try await caller.ask("GET /lb/events", "/lb/events", [("Accept", "text/event-stream")])
            #expect(live.status == 503)
        }
        try await cluster.act(.start, "database")
        for caller in callers {
            try await eventually("no mark is left", within: .seconds(60)) {
                try await caller.json("/lb/health")["stale"] == nil
            }
        }
        print("measured: \(callers.reduce(0) { $0 + $1.validated }) answers without a database fit their schemas")
        try await cluster.settled()
    }
}
