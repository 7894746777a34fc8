import ChildProcesses
import DemoCluster
import Glibc
import Testing
import Waiting

extension EndToEnd {
    /// It takes connections and says nothing, and `DB_TIMEOUT` is so long that only limits of our own end anything.
    @Suite("A database that is silent")
    struct SilentDatabase {
        @Test("SIGTERM ends balancer and agent within their limits, with exit code 0, while they wait for it")
        func shutdown() async throws {
            let ports = try ReservedPorts.take(2)
            async let balancer: Void = shutdown(
                of: try BuiltExecutables.balancer(), ["LB_LISTEN": "127.0.0.1:\(ports[0])"])
            async let agent: Void = shutdown(
                of: try BuiltExecutables.agent(), ["NODE_ID": "lonely", "UPTIME_KUMA_PORT": "\(ports[1])"])
            _ = try await (balancer, agent)
        }

        private func shutdown(of path: String, _ settings: [String: String]) async throws {
            let database = try ListeningSocket()
            let output = CollectedLines()
            let environment = settings.merging(
                ["PATH": "/usr/bin:/bin", "DB_HOST": "127.0.0.1:\(database.port)", "DB_TIMEOUT": "60000"]
            ) { $1 }
            let process = try ChildProcess.start(
                ChildProcess.Command(path: path, environment: environment, output: .lines { output.append($0) }))
            defer { process.send(.kill) }
            try await eventually("it asks the database", within: .seconds(20)) {
                var descriptor = pollfd(fd: database.descriptor, events: Int16(POLLIN), revents: 0)
                return poll(&descriptor, 1, 0) > 0
            }
            process.send(.terminate)
            // Half of what the database may take, and far above the limits: 7 s and 6 s.
            #expect(await process.wait(atMost: .seconds(30)) == .code(0), "\(output.text)")
        }
    }
}
