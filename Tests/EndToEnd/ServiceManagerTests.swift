import ChildProcesses
import DemoCluster
import Glibc
import HTTPTestClient
import NotifySocket
import Synchronization
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test("systemd hears when a balancer is ready, how it is, that it lives, and that it ends")
    func notified() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let socket = try NotifySocket()
        let balancer = try BalancerProcess(
            try await cluster.status().database, at: .port(try ReservedPorts.take(1)[0]),
            settings: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "1000000", "LB_REACTORS": "2"])
        let heard = HeardStates(socket)
        try await eventually("ready") { heard.all.first == "READY=1" }
        try await eventually("fed, and told how it is") {
            let feedings = heard.all.count { $0 == "WATCHDOG=1" }
            return feedings >= 4 && heard.all.contains { $0.contains("; 3 of 3 nodes routable; ") }
        }
        #expect(!heard.all.contains { $0.contains("stuck") })
        try await balancer.stop()
        #expect(heard.all.last == "STOPPING=1")
    }

    @Test("an agent that reaches neither Kuma nor the database is at work nevertheless, and says what it lacks")
    func lonelyAgent() async throws {
        let socket = try NotifySocket()
        let ports = try ReservedPorts.take(3)
        let output = CollectedLines()
        let command = ChildProcess.Command(
            path: try BuiltExecutables.agent(),
            environment: [
                "PATH": "/usr/bin:/bin", "NODE_ID": "lonely", "DB_HOST": "127.0.0.1:\(ports[0])",
                "UPTIME_KUMA_PORT": "\(ports[1])", "AGENT_METRICS_LISTEN": "\(ports[2])",
                "NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "1000000",
            ], output: .lines { output.append($0) })
        let process = try ChildProcess.start(command)
        defer { process.send(.kill) }
        let heard = HeardStates(socket)
        try await eventually("ready, fed, and told") {
            let all = heard.all
            return all.contains("READY=1") && all.count { $0 == "WATCHDOG=1" } >= 4
                && all.contains("STATUS=lonely offline (connection refused); not heard by the database")
        }
        let metrics = try HTTPConnection(port: ports[2]).request("GET", "/metrics")
        #expect(metrics.text.contains("kuma_agent_heard{node_id=\"lonely\"} 0\n"))
        #expect(metrics.text.contains("kuma_agent_node_status{node_id=\"lonely\",status=\"offline\"} 1\n"))
        process.send(.terminate)
        #expect(await process.wait(atMost: .seconds(60)) == .code(0), "\(output.text)")
        #expect(heard.all.last == "STOPPING=1")
    }
}

/// Everything that a socket was told.
private final class HeardStates: Sendable {
    private let socket: NotifySocket
    private let states = Mutex<[String]>([])

    init(_ socket: NotifySocket) { self.socket = socket }

    var all: [String] {
        let new = socket.received()
        return states.withLock { states in
            states += new
            return states
        }
    }
}
