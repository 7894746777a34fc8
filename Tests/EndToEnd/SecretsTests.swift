import ChildProcesses
import DemoCluster
import Foundation
import HTTPTestClient
import MariaDB
import PrivateMariaDB
import Secrets
import Testing
import Waiting

extension EndToEnd {
    @Suite("Secrets", .serialized)
    struct MarkedSecrets {
        private typealias Way = MarkedProgram.Way

        private let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(
                path: "kuma-secrets-\(UInt64.random(in: .min ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        }

        private static let password = "marked-password-'\"\\$ x"
        private static func token(_ way: Way) -> String { "marked-token-of-\(way.rawValue)" }
        /// One looks like a JWT, which is sent as `Bearer`.
        private static func key(_ way: Way) -> String { way == .flag ? "eyJmarked-key" : "uk1_marked-key" }

        /// `\` and `"` are escaped where a file of settings wants it.
        private static func quoted(_ text: String, _ way: Way) -> String {
            guard way == .environmentFile else { return text }
            return ["\\", "\"", "$"].reduce(text) { $0.replacing($1, with: "\\\($1)") }
        }

        @Test("No log at trace, page, metric, state file or command line shows one, however it was given")
        func nowhere() async throws {
            defer { try? FileManager.default.removeItem(at: folder) }
            let ports = try ReservedPorts.take(1 + 2 * Way.allCases.count)
            let kuma = try await KumaDatabase.make(on: .shared(), password: Secret(Self.password))
            let access = kuma.access.environment.filter { $0.key != "DB_PASSWORD" }
            let node = try MarkedProgram(
                "kuma-demo", ["node"],
                settings: [
                    "UPTIME_KUMA_NODE_ID": "node1", "UPTIME_KUMA_NODE_HOST": "127.0.0.1:\(ports[0])",
                    "UPTIME_KUMA_PORT": "\(ports[0])", "UPTIME_KUMA_DB_HOSTNAME": "127.0.0.1",
                    "UPTIME_KUMA_DB_PORT": "\(kuma.access.port)", "UPTIME_KUMA_DB_NAME": kuma.access.name,
                    "UPTIME_KUMA_DB_USERNAME": kuma.access.user, "LOG_LEVEL": "trace",
                ],
                secrets: ["UPTIME_KUMA_DB_PASSWORD": Self.password, "KUMA_API_KEY": Self.key(.file)],
                way: .environment, folder: folder)
            var (agents, balancers): ([MarkedProgram], [MarkedProgram]) = ([], [])
            for (number, way) in Way.allCases.enumerated() {
                let place = folder.appending(path: way.rawValue)
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
                let password = Self.quoted(Self.password, way)
                agents.append(
                    try MarkedProgram(
                        "kuma-agent", ["run"],
                        settings: access.merging([
                            // One Kuma for all, at an address for each.
                            "NODE_ID": "node\(number + 1)", "NODE_HOST": "127.0.0.\(number + 1):\(ports[0])",
                            "UPTIME_KUMA_PORT": "\(ports[0])", "AGENT_LOG_LEVEL": "trace",
                            "AGENT_METRICS_LISTEN": "\(ports[1 + 2 * number])",
                        ]) { $1 },
                        secrets: ["DB_PASSWORD": password, "KUMA_API_KEY": Self.key(way)], way: way, folder: place))
                balancers.append(
                    try MarkedProgram(
                        "kuma-balancer", ["run"],
                        settings: access.merging([
                            "LB_LISTEN": "127.0.0.1:\(ports[2 + 2 * number])", "LB_LOG_LEVEL": "trace",
                            "LB_STATE_FILE": place.appending(path: "table.json").path(), "LB_ACCESS_LOG": "stderr",
                        ]) { $1 },
                        secrets: ["DB_PASSWORD": password, "LB_ADMIN_TOKEN": Self.token(way)], way: way, folder: place))
            }
            try await eventually("every agent reports", within: .seconds(90)) {
                try await kuma.reporting() == Way.allCases.count
            }
            // Whoever reports may listen a moment later.
            try await eventually("every program listens", within: .seconds(90)) {
                try await onThread { ports.dropFirst().allSatisfy { (try? HTTPConnection(port: $0)) != nil } }
            }
            for (number, way) in Way.allCases.enumerated() {
                try await look(at: agents[number], ports[1 + 2 * number])
                try await look(at: balancers[number], ports[2 + 2 * number], way)
            }
            let programs = agents + balancers + [node]
            for program in programs {
                let line = try program.commandLine()
                #expect(line.contains("kuma-") && !line.contains(MarkedProgram.mark), "\(program.name): \(line)")
                #expect(await program.stop() == .code(0), "\(program.name): \(program.output.text.suffix(2_000))")
                // The level is what it should be, and the services were named.
                try await eventually("the whole log of \(program.name) is read") {
                    let log = program.output.text
                    return program === node ? log.contains("stopping") : log.contains("Service lifecycle ended")
                }
                let log = program.output.text
                #expect(!log.contains(MarkedProgram.mark), "\(program.name)")
                if program !== node { #expect(log.contains("DEBUG") && log.contains("service="), "\(program.name)") }
            }
            await kuma.sql.close()
        }

        /// What an agent shows.
        private func look(at agent: MarkedProgram, _ port: UInt16) async throws {
            for path in ["/metrics", "/healthz"] {
                let reply = try await onThread { try HTTPConnection(port: port).request("GET", path) }
                #expect(!reply.text.isEmpty && !reply.text.contains(MarkedProgram.mark), "\(agent.name): \(path)")
            }
        }

        /// What a balancer shows its administrators and everybody else; its file.
        private func look(at balancer: MarkedProgram, _ port: UInt16, _ way: Way) async throws {
            let token = [("Authorization", "Bearer \(Self.token(way))")]
            let wrong = [("Authorization", "Bearer marked-wrong-token")]
            func ask(_ method: String, _ path: String, _ fields: [(String, String)]) async throws -> HTTPReply {
                try await onThread { try HTTPConnection(port: port).request(method, path, fields: fields) }
            }
            try await eventually("it has nodes", within: .seconds(30)) {
                try await ask("GET", "/lb/ready", []).status == 200
            }
            #expect(try await ask("POST", "/lb/resume", wrong).status == 401)
            #expect(try await ask("POST", "/lb/resume", token).status == 200)
            // A client's own secret, on its way to a node.
            #expect(try await ask("POST", "/api/v1/reconcile-monitors", wrong).status == 401)
            for path in [
                "/lb/debug-config", "/lb/debug-logs?level=trace&lines=5000", "/lb/metrics", "/lb/system-status",
                "/lb/node-status", "/lb/events", "/lb/openapi.json", "/lb/leader", "/lb/health-status",
            ] {
                let reply = try await ask("GET", path, token)
                #expect(reply.status == 200 && !reply.text.isEmpty, "\(balancer.name): \(path)")
                #expect(!reply.text.contains(MarkedProgram.mark), "\(balancer.name): \(path)")
            }
            let json = try await ask("GET", "/lb/debug-logs?lines=5000", token + [("Accept", "application/json")])
            #expect(json.text.contains("{\"time\"") && !json.text.contains(MarkedProgram.mark), "\(balancer.name)")
            let file = folder.appending(path: "\(way.rawValue)/table.json")
            try await eventually("its table is in its file", within: .seconds(30)) {
                FileManager.default.fileExists(atPath: file.path())
            }
            #expect(!(try String(contentsOf: file, encoding: .utf8)).contains(MarkedProgram.mark))
        }

        @Test("What is said of settings shows none: good ones, and all that can be wrong with them")
        func told() async throws {
            defer { try? FileManager.default.removeItem(at: folder) }
            let good = ["DB_PASSWORD": Self.password, "LB_ADMIN_TOKEN": Self.token(.file)]
            for way in Way.allCases {
                let secrets = good.mapValues { Self.quoted($0, way) }
                let program = try MarkedProgram(
                    "kuma-balancer", ["check-config"], settings: [:], secrets: secrets, way: way, folder: folder)
                #expect(await program.end(within: .seconds(60)) == .code(0), "\(program.output.text)")
                try await eventually("all is shown") {
                    program.output.text.contains("The configuration is valid")
                }
                #expect(program.output.text.contains("LB_ADMIN_TOKEN=<redacted>"))
                #expect(!program.output.text.contains(MarkedProgram.mark), "\(program.name)")
            }
            let wrong: [(words: [String], settings: [String: String])] = [
                (["--lb-admin-token", "marked-short"], [:]), (["--lb-admin-token=marked-ümlaut-token"], [:]),
                (["--db-pasword", "marked-x"], [:]), (["--db-password", "marked", "marked-x"], [:]),
                (["marked-x"], [:]), ([], ["DB_PASSWORD_FILE": "marked-x"]),
                ([], ["DB_PASSWORD": "marked-x", "DB_PASSWORD_FILE": "marked-y"]),
                ([], ["LB_ADMIN_TOKEN": "marked-token-\t-with-a-tab"]),
            ]
            for (words, settings) in wrong {
                let program = try MarkedProgram(
                    "kuma-balancer", ["check-config"] + words, settings: settings, secrets: [:], way: .environment,
                    folder: folder)
                #expect(await program.end(within: .seconds(60)) == .code(78), "\(words): \(program.output.text)")
                try await eventually("it is told what is wrong with \(words)") {
                    program.output.text.contains("the configuration has")
                }
                #expect(!program.output.text.contains(MarkedProgram.mark), "\(program.output.text)")
            }
        }
    }
}

extension KumaDatabase {
    /// Agents that have reported.
    fileprivate func reporting() async throws -> Int64 {
        do {
            return try await number(
                "SELECT CAST(COUNT(*) AS SIGNED) AS n FROM node WHERE last_report IS NOT NULL")
        } catch MariaDBError.schemaMissing, MariaDBError.conflict {
            // The column does not exist yet, or is being made: on a busy machine longer than a read waits.
            return 0
        }
    }
}
