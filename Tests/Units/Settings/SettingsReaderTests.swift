import AgentSettings
import BalancerSettings
import ClusterCore
import MariaDB
import Secrets
import Testing

@testable import Settings

@Suite("Reading settings")
struct SettingsReaderTests {
    private static let agentBasics = ["NODE_ID": "node1"]

    private func problems(
        agent environment: [String: String], arguments: [String] = []
    ) -> [SettingProblem] {
        do {
            _ = try AgentSettings(
                from: SettingInput(arguments: arguments.map { Secret($0) }, environment: environment),
                neighbours: [BalancerSettings.catalogue])
            return []
        } catch {
            return error.problems
        }
    }

    @Test("every problem is reported, not only the first")
    func allTogether() {
        let found = problems(agent: [
            "DB_PORT": "0", "AGENT_INTERVAL": "soon", "UPTIME_KUMA_PORT": "70000", "DB_TLS": "maybe",
        ])
        #expect(
            Set(found.map(\.key)) == ["NODE_ID", "DB_PORT", "AGENT_INTERVAL", "UPTIME_KUMA_PORT", "DB_TLS"])
        let port = found.first { $0.key == "DB_PORT" }
        #expect(
            port?.description == "DB_PORT=\"0\" (environment): out of range; expected a whole number from 1 to 65535")
    }

    @Test("an unknown key of ours is refused with the nearest known name")
    func nearest() {
        let found = problems(agent: ["NODE_ID": "node1", "AGENT_INTERVALL": "2", "LB_LISTN": "x", "PATH": "/bin"])
        #expect(
            found.map(\.reason) == [
                "unknown setting; did you mean AGENT_INTERVAL?", "unknown setting; did you mean LB_LISTEN?",
            ])
    }

    @Test("the balancer's keys may stand in the agent's environment")
    func neighbours() {
        #expect(problems(agent: ["NODE_ID": "node1", "LB_LISTEN": "nonsense"]).isEmpty)
    }

    @Test("an unknown flag is refused with the nearest one, and its value is not reported again")
    func unknownFlag() {
        let found = problems(agent: Self.agentBasics, arguments: ["--db-hots", "10.0.0.1"])
        #expect(found.map(\.reason) == ["unknown flag; did you mean --db-host?"])
    }

    @Test("flags beat the environment, and the environment beats the file")
    func precedence() throws {
        try withTemporaryFile("NODE_ID=from-file\nNODE_NAME='from file'\n# comment\nexport DB_USER=\"filed\"\n") {
            path in
            let settings = try AgentSettings(
                from: SettingInput(
                    arguments: [Secret("--db-user=flagged")], environment: ["NODE_ID": "from-env", "DB_USER": "env"],
                    environmentFile: path))
            #expect(settings.node.text == "from-env")
            #expect(settings.name == "from file")
            #expect(settings.database.options.user == "flagged")
            let origin = settings.resolved.first { $0.description.key == "NODE_NAME" }?.origin
            #expect(origin == "file \(path)")
        }
    }

    @Test("Kuma's own variables are understood, and the plain ones win over them")
    func aliases() throws {
        let settings = try AgentSettings(
            from: SettingInput(environment: [
                "UPTIME_KUMA_NODE_ID": "node7", "UPTIME_KUMA_NODE_HOST": "kuma7", "UPTIME_KUMA_PRIMARY": "true",
                "UPTIME_KUMA_DB_HOSTNAME": "db", "UPTIME_KUMA_DB_PORT": "3307", "UPTIME_KUMA_PORT": "4001",
                "UPTIME_KUMA_DB_USERNAME": "u", "DB_USER": "v",
            ]))
        #expect(settings.node.text == "node7")
        #expect(settings.host == "kuma7:4001" && settings.hostPrecedence == .agent)
        #expect(settings.isPrimary)
        #expect(settings.database.options.endpoint == .hosts([Host("db", port: 3307)]))
        #expect(settings.database.options.user == "v")
        #expect(settings.health == .local(port: 4001))
    }

    @Test("only a NODE_HOST that is set replaces what a node's row says")
    func hostPrecedence() throws {
        let guessed = try AgentSettings(from: SettingInput(environment: ["NODE_ID": "a"]))
        #expect(guessed.hostPrecedence == .row && guessed.host.hasSuffix(":3001"))
        let set = try AgentSettings(from: SettingInput(environment: ["NODE_ID": "a", "NODE_HOST": "[2001:db8::7]"]))
        #expect(set.hostPrecedence == .agent && set.host == "[2001:db8::7]:3001")
    }

    @Test("a secret is read from the file that its _FILE variant names, without the line's end")
    func secretFile() throws {
        try withTemporaryFile("s3cret\n") { path in
            let settings = try AgentSettings(
                from: SettingInput(environment: ["NODE_ID": "a", "DB_PASSWORD_FILE": path]))
            #expect(settings.database.options.password.revealed == "s3cret")
        }
    }

    @Test("a secret and its file together are refused, and so is a file that is not there")
    func secretConflicts() {
        let both = problems(agent: ["NODE_ID": "a", "DB_PASSWORD": "x", "DB_PASSWORD_FILE": "/nowhere"])
        #expect(both.map(\.reason) == ["is set together with DB_PASSWORD_FILE"])
        let missing = problems(agent: ["NODE_ID": "a", "DB_PASSWORD_FILE": "/nowhere"])
        #expect(missing.map(\.reason) == ["file /nowhere cannot be read: No such file or directory"])
    }

    @Test("whoever writes the secret where the name of its file belongs does not read it in the log")
    func secretAsFileName() {
        let found = problems(agent: ["NODE_ID": "a", "KUMA_API_KEY_FILE": "uk1_hunter2"])
        #expect(found.map(\.key) == ["KUMA_API_KEY_FILE"])
        #expect(!"\(found)".contains("hunter2"))
    }

    @Test("what is left over on the command line is not shown: it may be the rest of a password")
    func leftOver() {
        let found = problems(agent: Self.agentBasics, arguments: ["--db-password", "hunter", "two", "--db-user=u"])
        #expect(found.map(\.description) == ["setting argument 3: is no flag; write --name value"])
    }

    @Test("nothing that a setting is read from can be printed")
    func unprintableInput() {
        let input = SettingInput(arguments: [Secret("--db-password=hunter2")], environment: ["X": "hunter2"])
        let sources = input.sources(catalogue: AgentSettings.catalogue).sources
        var dumped = ""
        dump((input, sources), to: &dumped)
        for text in ["\(input)", "\(sources)", dumped] { #expect(!text.contains("hunter2") && text.contains("X")) }
    }

    @Test("a secret is shown redacted wherever settings are shown")
    func redaction() throws {
        let settings = try AgentSettings(
            from: SettingInput(environment: ["NODE_ID": "a", "DB_PASSWORD": "hunter2", "KUMA_API_KEY": "uk1_key"]))
        let shown = settings.resolved.map { "\($0.description.key)=\($0.shown ?? "")" }
        #expect(shown.contains("DB_PASSWORD=<redacted>"))
        #expect(shown.contains("KUMA_API_KEY=<redacted>"))
        #expect(!"\(settings)".contains("hunter2"))
    }

    @Test("an empty variable counts as not set")
    func empty() throws {
        let settings = try AgentSettings(
            from: SettingInput(environment: ["NODE_ID": "a", "DB_PORT": "", "DB_HOST": ""]))
        #expect(settings.database.options.endpoint == .hosts([Host("127.0.0.1")]))
    }

    @Test("a plain number counts in the setting's unit, a suffix says its own")
    func spans() throws {
        func timeout(_ text: String) throws -> Duration {
            try BalancerSettings(from: SettingInput(environment: ["HEALTH_CHECK_TIMEOUT": text])).checkTimeout
        }
        #expect(try timeout("2500") == .milliseconds(2500))
        #expect(try timeout("2s") == .seconds(2))
        #expect(throws: ConfigurationError.self) { try timeout("-1") }
        #expect(throws: ConfigurationError.self) { try timeout("31s") }
    }

    @Test("the balancer's defaults are those of the design")
    func balancerDefaults() throws {
        let settings = try BalancerSettings(from: SettingInput())
        #expect(settings.listen.map(\.description) == ["0.0.0.0:8084"])
        #expect(settings.monitorLimit == 1000)
        #expect(settings.checkInterval == .seconds(2))
        #expect(settings.reportTTL == .seconds(8))
        #expect(settings.returnHold == .seconds(30))
        #expect(settings.plannedMoves == .paced)
        #expect(settings.leaseTTL == .seconds(10))
        #expect(settings.adminAllow == [] && settings.adminToken == nil, "nobody may change anything")
    }

    @Test(
        "an administrator's token is long enough, and kept as it is",
        arguments: ["0123456789abcdef", "a b, c; d: e-f.g_h"])
    func token(text: String) throws {
        let settings = try BalancerSettings(from: SettingInput(environment: ["LB_ADMIN_TOKEN": text]))
        #expect(settings.adminToken?.revealed == text)
    }

    @Test(
        "a token that is too short, or that no request could show, is refused, and not shown",
        arguments: [
            ("0123456789abcde", "is shorter than 16 characters"), (" 0123456789abcdef", "no Authorization field"),
            ("0123456789abcdef ", "no Authorization field"), ("0123456789abcde\t", "no Authorization field"),
            ("0123456789äöüßñç", "no Authorization field"), ("0123456789\nabcdef", "no Authorization field"),
            ("               x", "no Authorization field"),
        ])
    func badToken(text: String, reason: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try BalancerSettings(from: SettingInput(environment: ["LB_ADMIN_TOKEN": text]))
        }
        let shown = error?.description ?? ""
        #expect(shown.contains("LB_ADMIN_TOKEN=\"<redacted>\" (environment): ") && shown.contains(reason))
        #expect(!shown.contains("0123"))
    }

    @Test("PROXY headers are accepted from named proxies only")
    func proxyProtocol() throws {
        #expect(try BalancerSettings(from: SettingInput()).proxyProtocol == .off)
        let both = SettingInput(environment: ["LB_PROXY_PROTOCOL": "accept", "LB_TRUSTED_PROXIES": "10.0.0.2"])
        #expect(try BalancerSettings(from: both).proxyProtocol == .accept)
        #expect {
            try BalancerSettings(from: SettingInput(environment: ["LB_PROXY_PROTOCOL": "accept"]))
        } throws: {
            "\($0)".contains("LB_PROXY_PROTOCOL=\"accept\" (environment)")
                && "\($0)".contains("LB_TRUSTED_PROXIES names nobody")
        }
    }

    @Test("whether an address to listen on was given is known, even when it is the default one")
    func isListenSet() throws {
        #expect(try !BalancerSettings(from: SettingInput()).isListenSet)
        #expect(try BalancerSettings(from: SettingInput(environment: ["LB_LISTEN": "0.0.0.0:8084"])).isListenSet)
    }

    @Test("every bad element of a list is named")
    func lists() {
        #expect {
            try BalancerSettings(from: SettingInput(environment: ["LB_API_ALLOW": "10.0.0.0/8, 10.0.0.7/8,x"]))
        } throws: { error in
            let text = "\(error)"
            return text.contains("\"10.0.0.7/8\"") && text.contains("\"x\"") && !text.contains("\"10.0.0.0/8\"")
        }
    }

    @Test("a list that names nothing is refused: without a list everybody may", arguments: [",", " , ", ",,"])
    func emptyList(text: String) {
        for key in ["LB_API_ALLOW", "LB_ADMIN_ALLOW"] {
            #expect {
                try BalancerSettings(from: SettingInput(environment: [key: text]))
            } throws: {
                "\($0)".contains("\(key)=") && "\($0)".contains("names nothing")
            }
        }
    }

    @Test(
        "a password that stands in an address is not shown",
        arguments: [
            ("DB_HOST", "mysql://kuma:s3cret@db1"), ("DB_HOST", "kuma:s3cret@db1:3306"), ("DB_HOST", "a,u:s3cret@b"),
            ("AGENT_HEALTH_URL", "http://u:s3cret@kuma:3001"), ("NODE_HOST", "u:s3cret@kuma:3001"),
        ])
    func userInfo(key: String, text: String) {
        let found = problems(agent: ["NODE_ID": "a", key: text])
        #expect(found.map(\.key) == [key])
        #expect(!found.description.contains("s3cret"))
    }

    @Test("the edit distance counts insertions, deletions and replacements")
    func distance() {
        #expect(NearestName.distance("kitten", "sitting") == 3)
        #expect(NearestName.distance("", "abc") == 3)
        #expect(NearestName.of("QQQQ", among: ["LB_LISTEN"]) == nil)
    }
}
