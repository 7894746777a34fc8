import ChildProcesses
import DemoCluster
import FoundationEssentials
import HTTPTestClient
import MariaDB
import PrivateMariaDB
import Testing
import Waiting

extension EndToEnd {
    @Suite("Beginnings", .serialized)
    struct Beginnings {
        @Test("A database user without ALTER: agent and balancer print the SQL, and go on when somebody has run it")
        func rowsOnly() async throws {
            let kuma = try await KumaDatabase.make(on: .shared(), rights: .rowsOnly)
            let ports = try ReservedPorts.take(2)
            let start = ContinuousClock.now
            let agent = try AgentProcess("node1", on: kuma.access.environment, port: ports[0])
            let balancer = try BalancerProcess(kuma.access, at: .port(ports[1]))
            let needed = "ALTER TABLE node WAIT 3 ADD COLUMN IF NOT EXISTS last_report"
            for output in [agent.output, balancer.output] {
                try await eventually("the SQL is printed", within: .seconds(30)) { output.text.contains(needed) }
            }
            let told = start.duration(to: .now)
            try await EndToEnd.printedSchema(isRunOn: kuma)
            let granted = ContinuousClock.now
            try await eventually("agent and balancer work", within: .seconds(60)) {
                try await kuma.number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE last_report IS NOT NULL")
                    + kuma.number("SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_lease WHERE holder <> ''") == 2
            }
            await FaultTable.shared.add(
                "database user without ALTER", expected: "a clear error with the SQL; goes on by itself",
                measured:
                    "printed after \(told.seconds), working \(granted.duration(to: .now).seconds) after the SQL ran")
            await agent.kill()
            try await balancer.stop()
        }

        @Test("A database user without any right is told so; nothing ends, and nothing is restarted")
        func nothing() async throws {
            let kuma = try await KumaDatabase.make(on: .shared(), rights: .nothing)
            let ports = try ReservedPorts.take(2)
            let start = ContinuousClock.now
            let agent = try AgentProcess("node1", on: kuma.access.environment, port: ports[0])
            let balancer = try BalancerProcess(kuma.access, at: .port(ports[1]))
            for output in [agent.output, balancer.output] {
                try await eventually("the refusal is told: \(output.text)", within: .seconds(30)) {
                    output.text.contains("Access denied for user '\(kuma.access.user)'")
                        && output.text.contains("lacks a right")
                }
            }
            await FaultTable.shared.add(
                "database user without any right", expected: "a clear error, and no end",
                measured: "told after \(start.duration(to: .now).seconds)")
            #expect(agent.exit == nil)
            await agent.kill()
            try await balancer.stop()
        }

        @Test("Four balancers started at once on a database without a lease: one leads, in epoch 1")
        func race() async throws {
            let kuma = try await KumaDatabase.make(on: .shared())
            let ports = try ReservedPorts.take(4)
            let start = ContinuousClock.now
            let balancers = try ports.map { try BalancerProcess(kuma.access, at: .port($0)) }
            try await eventually("all four know one leader", within: .seconds(60)) {
                do {
                    let shown = try await ports.asyncMap { try await leader(at: $0) }
                    return shown.count(where: \.isLeading) == 1 && shown.allSatisfy { $0.leader == shown[0].leader }
                        && shown.allSatisfy { $0.epoch == 1 && $0.leader != nil }
                } catch is HTTPClientError {
                    return false
                }
            }
            let known = start.duration(to: .now)
            try await eventually("the election is in the history", within: .seconds(30)) {
                try await elections(on: kuma) > 0
            }
            #expect(try await elections(on: kuma) == 1)
            #expect(try await kuma.number("SELECT epoch AS n FROM cluster_lease") == 1)
            await FaultTable.shared.add(
                "four balancers race at their first start", expected: "one leads, epoch 1",
                measured: "all four agree after \(known.seconds), 1 election")
            for balancer in balancers { try await balancer.stop() }
        }

        @Test(
            "Two agents with one node id: the first keeps the row, the second ends or waits, and takes over when it dies"
        )
        func twoAgents() async throws {
            let kuma = try await KumaDatabase.make(on: .shared())
            let port = try ReservedPorts.take(1)[0]
            let first = try AgentProcess("node1", on: kuma.access.environment, port: port)
            try await eventually("the first reports", within: .seconds(30)) { try await owner(on: kuma) != nil }
            let owned = try await owner(on: kuma)
            let start = ContinuousClock.now
            let strict = try AgentProcess("node1", on: kuma.access.environment, port: port, ["--strict"])
            let patient = try AgentProcess("node1", on: kuma.access.environment, port: port)
            try await eventually("the strict one ends", within: .seconds(60)) { strict.exit != nil }
            let ended = start.duration(to: .now)
            #expect(strict.exit == .code(3))
            try await eventually("the other one says that it waits", within: .seconds(60)) {
                patient.output.text.contains("two agents have the same node id; this one reports nothing")
            }
            #expect(try await owner(on: kuma) == owned)
            #expect(first.exit == nil && patient.exit == nil)
            let killed = ContinuousClock.now
            await first.kill()
            try await eventually("the one that waits reports", within: .seconds(60)) {
                try await owner(on: kuma) != owned
            }
            await FaultTable.shared.add(
                "two agents with one node id", expected: "the first keeps the row, a named conflict",
                measured: "--strict ends with code 3 after \(ended.seconds); the waiting one takes over"
                    + " \(killed.duration(to: .now).seconds) after the first died")
            await patient.kill()
        }

        private func leader(at port: UInt16) async throws -> ShownLeader {
            let reply = try await onThread { try HTTPConnection(port: port).request("GET", "/lb/leader") }
            return try JSONDecoder().decode(ShownLeader.self, from: Data(reply.body))
        }

        private func elections(on kuma: KumaDatabase) async throws -> Int64 {
            try await kuma.number(
                "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM cluster_event WHERE kind = 'leader_elected'")
        }

        private func owner(on kuma: KumaDatabase) async throws -> String? {
            do {
                let rows = try await kuma.sql.query("SELECT agent_instance AS n FROM node WHERE node_id = 'node1'")
                return try rows.first?.optionalText(try rows.column("n"))
            } catch MariaDBError.schemaMissing, MariaDBError.conflict {
                // The column does not exist yet, or is being made: on a busy machine longer than a read waits.
                return nil
            }
        }
    }

    /// What an administrator does with the output of `kuma-balancer schema --print`.
    fileprivate static func printedSchema(isRunOn kuma: KumaDatabase) async throws {
        let words = [
            "-c", "\"$0\" schema --print | mariadb --no-defaults --socket=\"$1\" --user=root \"$2\"",
            try BuiltExecutables.balancer(), kuma.server.socketPath, kuma.access.name,
        ]
        let printed = CollectedLines()
        let process = try ChildProcess.start(
            ChildProcess.Command(
                path: "/bin/sh", arguments: words, environment: ["PATH": "/usr/bin:/bin"],
                output: .lines { printed.append($0) }))
        let exit = await process.wait(atMost: .seconds(30))
        guard exit == .code(0) else { throw CommandFailed(words: words, exit: exit, output: printed.text) }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
