import AgentCore
import AgentMetrics
import ClusterCore
import Foundation
import HTTPTestClient
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import Waiting

/// Of Debian's prometheus package, which CI installs.
private let promtool = "/usr/bin/promtool"

@Suite("The agent's metrics")
struct AgentMetricsTests {
    static func facts() throws -> AgentFacts {
        var ledger = AgentLedger()
        ledger.healthyProbes = 7
        ledger.unhealthyProbes = 2
        ledger.probeTime = .milliseconds(1250)
        ledger.writtenBeats = 9
        return AgentFacts(
            node: try NodeID("node-1.a"), version: "1.0.0", status: .online,
            lastProbe: ProbeResult(finding: .healthy, detail: "answered 200 in 2 ms", duration: .milliseconds(2)),
            isReporting: true, ledger: ledger)
    }

    @Test("what the ledger holds is what is shown")
    func shown() throws {
        let node = "node_id=\"node-1.a\""
        #expect(
            AgentMetricsText(try Self.facts()).text == """
                # HELP kuma_agent_info Always 1; the labels say which agent this is.
                # TYPE kuma_agent_info gauge
                kuma_agent_info{\(node),version="1.0.0"} 1
                # HELP kuma_agent_node_status 1 for what this agent believes of its node, 0 for the rest.
                # TYPE kuma_agent_node_status gauge
                kuma_agent_node_status{\(node),status="online"} 1
                kuma_agent_node_status{\(node),status="recovering"} 0
                kuma_agent_node_status{\(node),status="offline"} 0
                # HELP kuma_agent_heard 1 while the database takes this agent's reports, else 0.
                # TYPE kuma_agent_heard gauge
                kuma_agent_heard{\(node)} 1
                # HELP kuma_agent_probes_total Health checks of the node, by what they found.
                # TYPE kuma_agent_probes_total counter
                kuma_agent_probes_total{\(node),finding="healthy"} 7
                kuma_agent_probes_total{\(node),finding="degraded"} 0
                kuma_agent_probes_total{\(node),finding="unhealthy"} 2
                # HELP kuma_agent_probe_seconds_total Time that all health checks took together.
                # TYPE kuma_agent_probe_seconds_total counter
                kuma_agent_probe_seconds_total{\(node)} 1.25
                # HELP kuma_agent_beats_total Reports to the database, by what became of them.
                # TYPE kuma_agent_beats_total counter
                kuma_agent_beats_total{\(node),outcome="written"} 9
                kuma_agent_beats_total{\(node),outcome="conflict"} 0
                kuma_agent_beats_total{\(node),outcome="failed"} 0

                """)
    }

    @Test(
        "promtool finds nothing to say about them",
        .enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
    func accepted() throws {
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(filePath: promtool)
        process.arguments = ["check", "metrics"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(AgentMetricsText(try Self.facts()).text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(String(decoding: said, as: UTF8.self) == "")
    }

    @Test("they are served, with /healthz, and nothing else is")
    func served() async throws {
        let facts = try Self.facts()
        let port = Mutex(0)
        let stuck = Mutex<[String]>([])
        let listener = AgentMetricsListener(
            host: "127.0.0.1", port: 0, group: .singleton, logger: Logger(label: "test"), facts: { facts },
            stuckLoops: { stuck.withLock { $0 } }, onListening: { bound in port.withLock { $0 = bound } })
        let running = Task { try await listener.run() }
        try await eventually { port.withLock { $0 } != 0 }
        let bound = UInt16(clamping: port.withLock { $0 })
        for (target, method, status, type) in [
            ("/metrics", "GET", 200, Exposition.contentType), ("/metrics?x=1", "HEAD", 200, nil),
            ("/healthz", "GET", 200, "text/plain; charset=utf-8"), ("/metrics", "POST", 405, nil),
            ("/other", "GET", 404, nil),
        ] {
            let reply = try HTTPConnection(port: bound).request(method, target)
            #expect(reply.status == status, "\(method) \(target)")
            if let type { #expect(reply.field("content-type") == type) }
        }
        let healthz = try HTTPConnection(port: bound).request("GET", "/healthz")
        #expect(healthz.text == "node-1.a online (answered 200 in 2 ms); reporting\n")
        stuck.withLock { $0 = ["probes", "beats"] }
        let ill = try HTTPConnection(port: bound).request("GET", "/healthz")
        #expect(ill.status == 503)
        #expect(ill.text.hasPrefix("stuck: probes, beats\nnode-1.a online"))
        running.cancel()
        try await running.value
        #expect(throws: HTTPClientError.self) { try HTTPConnection(port: bound) }
    }

    @Test("a port that is taken leaves the agent at work")
    func taken() async throws {
        let port = Mutex(0)
        let facts = try Self.facts()
        let first = AgentMetricsListener(
            host: "127.0.0.1", port: 0, group: .singleton, logger: Logger(label: "test"), facts: { facts },
            onListening: { bound in port.withLock { $0 = bound } })
        let running = Task { try await first.run() }
        try await eventually { port.withLock { $0 } != 0 }
        let second = AgentMetricsListener(
            host: "127.0.0.1", port: UInt16(clamping: port.withLock { $0 }), group: .singleton,
            logger: Logger(label: "test"), facts: { facts })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [second], logger: Logger(label: "test")))
        let beside = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await beside.value
        running.cancel()
        try await running.value
    }
}
