import ChildProcesses
import DemoCluster
import Glibc
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test("Balancer processes take over from one another on one port: under load nobody is refused, nothing is reset")
    func handOver() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let access = try await cluster.status().database
        let port = try ReservedPorts.take(1)[0]
        var current = try BalancerProcess(access, at: .port(port))
        try await current.ready()
        #expect(!current.output.text.contains("another process listens"))
        let load = OneShotLoad(port: port, clients: 6)
        for _ in 0..<3 {
            try await load.waitForAnswers(400)
            let next = try BalancerProcess(access, at: .port(port))
            try await next.ready()
            #expect(next.output.text.contains("another process listens there already"))
            try await load.waitForAnswers(100)
            try await current.stop()
            current = next
        }
        try await load.waitForAnswers(400)
        await load.stop()
        try await current.stop()
        #expect(load.failures == [])
        print("measured: \(load.answered) connections over 3 hand-overs, \(load.failures.count) failed")
    }

    @Test(
        "A balancer restarted under a service manager's socket refuses nobody, and does not resume on its own sockets")
    func activation() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let access = try await cluster.status().database
        let socket = try ListeningSocket()
        let load = OneShotLoad(port: socket.port, clients: 6)
        for _ in 0..<3 {
            let balancer = try BalancerProcess(access, at: .passed(socket), settings: ["LB_REACTORS": "2"])
            try await load.waitForAnswers(400)
            try await balancer.stop()
            // Its end is seen at once, its lines when they are read.
            try await eventually("it says which sockets it serves") {
                balancer.output.text.contains("serving the sockets that the service manager opened")
            }
            #expect(!balancer.output.text.contains("not served"))
        }
        let last = try BalancerProcess(
            access, at: .passed(socket), settings: ["LB_LISTEN": "127.0.0.1:1", "LB_REACTORS": "3"])
        try await load.waitForAnswers(100)
        await load.stop()
        try await last.stop()
        try await eventually("it says which address it does not serve") {
            last.output.text.contains("not served: the service manager's sockets stand")
        }
        #expect(load.failures == [])
        print("measured: \(load.answered) connections over 3 restarts, \(load.failures.count) failed")
    }

    @Test("The first client of a balancer that starts is answered by a node")
    func firstAnswer() async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let database = try await cluster.status().database
        let table = "\(cluster.directory)/first-answer.table.json"
        let starts: [[String: String]] = [[:], ["LB_STATE_FILE": table], ["LB_STATE_FILE": table]]
        for settings in starts {
            let port = try ReservedPorts.take(1)[0]
            let begun = ContinuousClock.now
            let balancer = try BalancerProcess(database, at: .port(port), settings: settings)
            let reply = try await firstReply(port)
            print("measured: first answer \(begun.duration(to: .now)) after the start, \(settings.count) state files")
            #expect(reply.status == 200, "\(reply.text)")
            try await eventually("the table is saved") {
                settings.isEmpty || access(table, F_OK) == 0
            }
            try await balancer.stop()
        }
    }

    /// Whatever the first connection that is not refused says.
    private func firstReply(_ port: UInt16) async throws -> HTTPReply {
        var first: HTTPReply?
        try await eventually("somebody listens") {
            do {
                first = try HTTPConnection(port: port).request("GET", "/")
            } catch HTTPClientError.cannotConnect {
                return false
            }
            return true
        }
        return try #require(first)
    }
}
