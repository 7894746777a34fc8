import AgentSettings
import BalancerSettings
import MariaDB
import Secrets
import Testing

@testable import Settings

/// Each row was compared with systemd 252, which reads `os-release` in the same way (`systemd-tmpfiles --root`, specifier %B):
/// all alike but the comment with a backslash at its end, which goes on in the next line before version 254.
@Suite("A file of settings")
struct EnvironmentFileTests {
    private func read(_ text: String) -> (values: [String: String], problems: [String]) {
        var problems: [SettingProblem] = []
        let values = EnvironmentFile.parse(text, path: "f", problems: &problems)
        return (values.mapValues(\.revealed), problems.map(\.description))
    }

    @Test(
        "reads as systemd reads it",
        arguments: [
            ("A=b", "b"), ("A=b\n", "b"), ("A=b\r\n", "b"), (" A = b \t\n", "b"), ("A=", ""), ("A=b c  d ", "b c  d"),
            ("A=b=c", "b=c"), ("A=b#c", "b#c"), ("A=b # c", "b # c"), ("export A=b", "b"), ("A=1\nA=2", "2"),
            // Quotes count before the value only.
            ("A='b c '", "b c "), ("A=\"b c \"", "b c "), ("A= 'b' ", "b"), ("A=b'c'", "b'c'"), ("A=b\"c", "b\"c"),
            ("A='b'\"c\"d", "bcd"), ("A=\"b\" c", "bc"), ("A=''", ""), ("A='b\nc'", "b\nc"), ("A=\"b\nc\"", "b\nc"),
            ("A='b\\'", "b\\"), ("A='\"'", "\""), ("A=\"'\"", "'"), ("A='#b'", "#b"),
            // Backslashes.
            ("A=b\\ ", "b "), ("A=b\\\\c", "b\\c"), ("A=b\\c", "bc"), ("A=\\'b\\'", "'b'"), ("A=b\\\nc", "bc"),
            ("A=b \\\n c ", "b  c"), ("A=\"b\\\"c\"", "b\"c"), ("A=\"b\\$c\\`d\\\\e\"", "b$c`d\\e"),
            ("A=\"b\\c\"", "b\\c"), ("A=\"b\\\nc\"", "bc"), ("A=b\\", "b"),
            // Comments.
            ("# x\n; y\n\n  # z\nA=b\n#A=c", "b"), ("# x \\\nA=b", "b"),
        ])
    func asSystemd(text: String, value: String) {
        let found = read(text)
        #expect(found.values == ["A": value])
        #expect(found.problems == [])
    }

    @Test("several settings, each on lines of its own")
    func several() {
        let found = read("A=1\r\nB='2\n3'\nC=4 \\\n5\n\nD=\"6\"\n")
        #expect(found.values == ["A": "1", "B": "2\n3", "C": "4 5", "D": "6"])
    }

    @Test(
        "says where what is no setting stands, and nothing of it",
        arguments: [
            ("hunter2", "f:1: is no KEY=VALUE line"), ("A=b\nhunter2\nC=d", "f:2: is no KEY=VALUE line"),
            ("\u{FEFF}A=b", "f:1: has no name of a variable before the ="),
            ("A=b\n\u{A0}B=c", "f:2: has no name of a variable before the ="),
            ("1A=hunter2", "f:1: has no name of a variable before the ="),
            ("A B=hunter2", "f:1: has no name of a variable before the ="),
            ("=hunter2", "f:1: has no name of a variable before the ="),
            ("A=b\nC=\"hunter2\nD=e\n", "f:2: opens a quote that is not closed"),
            ("A='hunter2", "f:1: opens a quote that is not closed"),
        ])
    func faults(text: String, problem: String) {
        #expect(read(text).problems == [problem])
    }

    @Test("UTF-16 is seen for what it is, with and without its mark")
    func wideText() throws {
        #expect(read("A\0=\0b\0").problems.first?.contains("UTF-16") == true)
        try withTemporaryFile(bytes: [0xFF, 0xFE, 0x41, 0, 0x3D, 0]) { path in
            #expect(throws: SettingRefusal("file \(path) is not UTF-8 text")) { try TextFile.readSettings(path) }
        }
    }
}

@Suite("What nobody sees in a value")
struct StrayEndsTests {
    private func problems(_ input: SettingInput) -> [String] {
        do {
            _ = try BalancerSettings(from: input)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("a byte order mark before the first setting is refused: a unit would lose that setting")
    func mark() throws {
        for line in ["LB_API_ALLOW=10.0.0.0/8", "DB_HOST=db", "# a comment"] {
            try withTemporaryFile("\u{FEFF}\(line)\n") { path in
                let found = problems(SettingInput(environmentFile: path))
                #expect(
                    found.count == 1 && found[0].contains("begins with a byte order mark: save it as UTF-8 without"))
            }
        }
    }

    @Test(
        "at the ends of a value is refused by name, whichever source has it",
        arguments: [
            ("LB_ID", "b\r", "LB_ID (environment): ends with a carriage return, as lines of a Windows file do"),
            (
                "DB_PASSWORD", "hunter2\r",
                "DB_PASSWORD (environment): ends with a carriage return, as lines of a Windows file do"
            ),
            ("DB_PASSWORD", "hunter2\r\n", "DB_PASSWORD (environment): ends with a line break"),
            ("UPTIME_KUMA_DB_PASSWORD", "hunter2\n", "UPTIME_KUMA_DB_PASSWORD (environment): ends with a line break"),
            ("LB_ID", "\u{FEFF}b", "LB_ID (environment): begins with a byte order mark"),
            (
                "DB_PASSWORD_FILE", "/run/x\r",
                "DB_PASSWORD_FILE (environment): ends with a carriage return, as lines of a Windows file do"
            ),
        ])
    func ends(key: String, value: String, problem: String) {
        #expect(problems(SettingInput(environment: [key: value])) == [problem])
    }

    @Test("a mark before a name of ours is an unknown setting, not somebody else's variable")
    func markedName() {
        let found = problems(
            SettingInput(environment: ["\u{FEFF}LB_API_ALLOW": "10.0.0.0/8", "ÄLB_ID": "x", "Ä": "y"]))
        #expect(found.count == 2 && found.allSatisfy { $0.contains("unknown setting") })
    }

    @Test(
        "a file that holds a secret loses its line's end and an editor's mark, and nothing else",
        arguments: [
            ("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" s3cret \n", " s3cret "),
            ("\u{FEFF}s3cret\n", "s3cret"), ("s3\ncret\n", "s3\ncret"), ("\ts\u{A0}\n", "\ts\u{A0}"), (" \n", " "),
        ])
    func secretFile(text: String, secret: String) throws {
        try withTemporaryFile(text) { path in
            let settings = try BalancerSettings(from: SettingInput(environment: ["DB_PASSWORD_FILE": path]))
            #expect(settings.database.options.password.revealed == secret)
        }
    }

    @Test(
        "of what is left at its end it is said so",
        arguments: [
            ("s3cret\n\n", "ends with a line break"), ("s3cret\r", "ends with a carriage return"), ("\n", "is empty"),
            ("", "is empty"), ("\u{FEFF}\n", "is empty"),
        ])
    func secretFileFaults(text: String, reason: String) throws {
        try withTemporaryFile(text) { path in
            let found = problems(SettingInput(environment: ["DB_PASSWORD_FILE": path]))
            #expect(found.count == 1 && found[0].hasPrefix("DB_PASSWORD_FILE (environment): file \(path) \(reason)"))
        }
    }
}

@Suite("Where Kuma's health is asked")
struct HealthEndpointTests {
    private func problems(_ url: String) -> [String] {
        do {
            _ = try AgentSettings(from: SettingInput(environment: ["NODE_ID": "a", "AGENT_HEALTH_URL": url]))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("by plain HTTP only, which is said", arguments: ["https://kuma:3001/api/v1/health", "HTTPS://kuma"])
    func encrypted(url: String) {
        let found = problems(url)
        #expect(found.count == 1 && found[0].contains("asks for https, but nodes are reached by plain HTTP only"))
    }

    @Test("a password in it is refused and not shown")
    func userInfo() {
        let found = problems("http://me:hunter2@kuma:3001/x y")
        #expect(found.count == 1 && !found[0].contains("hunter2") && found[0].contains("http://<redacted>@kuma:3001"))
    }
}
