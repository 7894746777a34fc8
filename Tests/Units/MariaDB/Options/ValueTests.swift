import MariaDB
import Secrets
import Testing

@Suite("Options and values")
struct ValueTests {
    @Test("A host list keeps its order, ports and IPv6 brackets")
    func hosts() throws {
        let hosts = try Host.list(parsing: "a, b:3307,[::1]:3308,[fe80::1],::2", defaultPort: 3310)
        #expect(
            hosts == [
                Host("a", port: 3310), Host("b", port: 3307), Host("::1", port: 3308), Host("fe80::1", port: 3310),
                Host("::2", port: 3310),
            ])
    }

    @Test("A wrong host list is refused", arguments: ["", "a,,b", "a:0", "a:70000", "a:x", "a b", "x/y", "[::1]3308"])
    func wrongHosts(text: String) {
        #expect(throws: InvalidHostList.self) { try Host.list(parsing: text) }
    }

    @Test(
        "A host list with a user and password in it is refused, and nothing of it is shown",
        arguments: ["mysql://kuma:s3cret@db1", "kuma:s3cret@db1:3306", "db1,kuma:s3cret@db2", "kuma:s3cret,s@db1"])
    func userInfo(text: String) {
        let error = #expect(throws: InvalidHostList.self) { try Host.list(parsing: text) }
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test("A secret never prints")
    func secret() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(ConnectionOptions(hosts: [Host("a")], user: "u", password: secret), to: &dumped)
        let holder = (name: "u", secrets: ["a": [secret]], perhaps: Optional(secret))
        for text in ["\(holder)", String(reflecting: holder), "\(Mirror(reflecting: secret).children.count)", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(secret)" == "<redacted>" && String(reflecting: secret) == "<redacted>")
        #expect("\(holder)".contains("<redacted>") && dumped.contains("<redacted>"))
    }

    @Test("A secret matches its whole text, and an empty one nothing")
    func matching() {
        for text in ["hunter", "hunter22", "Hunter2", ""] { #expect(!Secret("hunter2").matches(text.utf8), "\(text)") }
        #expect(Secret("hunter2").matches("hunter2".utf8) && !Secret("").matches("".utf8))
    }

    @Test("The back-off doubles to its limit, within half and whole of each step")
    func backoff() {
        var backoff = Backoff(first: .milliseconds(100), most: .seconds(1))
        let longest = (0..<6).map { _ in backoff.failed(draw: 1) }
        #expect(longest == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.failed(draw: 0) == .milliseconds(50))
    }

    @Test(
        "Only plain names are identifiers",
        arguments: ["a`b", "", "a.b", "a b", "ä", String(repeating: "x", count: 65)])
    func identifiers(text: String) {
        #expect(Identifier(text) == nil)
    }
}
