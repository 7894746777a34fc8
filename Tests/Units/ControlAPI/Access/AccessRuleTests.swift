import ClusterCore
import ControlAPI
import Secrets
import Testing

@Suite("Who may change the cluster")
struct AdminRuleTests {
    private let office = IPAddress(parsing: "198.51.100.9")
    private let stranger = IPAddress(parsing: "203.0.113.5")

    @Test("nobody is an administrator by default, this machine least of all: its Kuma's users send requests from it")
    func nobody() async throws {
        let rule = AdminRule(token: nil, allowed: APIFixture().configuration.adminAllowed)
        for text in ["127.0.0.1", "::1", "10.0.0.1"] {
            #expect(rule.judge(client: IPAddress(parsing: text), authorization: nil) == .addressRefused, "\(text)")
        }
        var local = APIFixture()
        local.client = "127.0.0.1"
        #expect(try await local.post("/lb/force-rebalance-all?confirm=yes").status == 403)
        #expect(local.control.current.asked.isEmpty)
    }

    @Test("where loopback is allowed it is an administrator, and everybody else is not")
    func loopback() {
        let rule = AdminRule(token: nil, allowed: AddressRange.loopback)
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(rule.judge(client: IPAddress(parsing: text), authorization: nil) == .allowed, "\(text)")
        }
        for text in ["128.0.0.1", "::2", "10.0.0.1"] {
            #expect(rule.judge(client: IPAddress(parsing: text), authorization: nil) == .addressRefused, "\(text)")
        }
    }

    @Test("an unknown address is nobody's")
    func unknownAddress() throws {
        let rule = AdminRule(
            token: nil, allowed: [try AddressRange(parsing: "0.0.0.0/0"), try AddressRange(parsing: "::/0")])
        #expect(rule.judge(client: nil, authorization: nil) == .addressRefused)
        #expect(rule.judge(client: stranger, authorization: nil) == .allowed)
    }

    @Test("the token opens from anywhere, whatever the case of its scheme")
    func token() {
        let rule = AdminRule(token: Secret("s3cret-token"), allowed: [])
        #expect(rule.judge(client: stranger, authorization: "Bearer s3cret-token") == .allowed)
        #expect(rule.judge(client: nil, authorization: "bearer  s3cret-token") == .allowed)
    }

    @Test(
        "anything but the whole token is refused",
        arguments: [
            nil, "", "Bearer", "Bearer ", "Bearer s3cret-toke", "Bearer s3cret-tokenn", "Bearer S3cret-token",
            "Basic s3cret-token", "s3cret-token", "Bearer s3cret-tokens3cret-token",
        ] as [String?])
    func wrongToken(authorization: String?) {
        let rule = AdminRule(token: Secret("s3cret-token"), allowed: [])
        #expect(rule.judge(client: stranger, authorization: authorization) == .tokenRequired)
    }

    @Test("an empty text is no token, which nobody can show", arguments: [nil, "", "Bearer", "Bearer ", "Bearer x"])
    func emptyToken(authorization: String?) {
        let rule = AdminRule(token: Secret(""), allowed: [])
        #expect(rule.judge(client: stranger, authorization: authorization) == .tokenRequired)
    }

    @Test("reading is open unless it is narrowed, and then an unknown address may not")
    func reading() throws {
        let range = try AddressRange(parsing: "198.51.100.0/24")
        #expect(ReadingRule(allowed: nil).permits(client: nil))
        #expect(ReadingRule(allowed: [range]).permits(client: office))
        #expect(!ReadingRule(allowed: [range]).permits(client: stranger))
        #expect(!ReadingRule(allowed: [range]).permits(client: nil))
    }
}

@Suite("Requests that a browser marks as another site's")
struct CrossSiteRuleTests {
    /// One request that would change something.
    struct Row: CustomTestStringConvertible {
        enum Verdict { case own, foreign }

        let verdict: Verdict
        let host: String?
        let origin: String?
        /// From a trusted proxy.
        let forwardedHost: String?
        let fetchSite: String?
        let why: String

        init(
            _ verdict: Verdict, _ why: String, host: String? = "kuma.example", origin: String? = nil,
            forwardedHost: String? = nil, fetchSite: String? = nil
        ) {
            self.verdict = verdict
            self.why = why
            self.host = host
            self.origin = origin
            self.forwardedHost = forwardedHost
            self.fetchSite = fetchSite
        }

        var testDescription: String { why }

        var fields: [String: String] {
            ["Origin": origin, "X-Forwarded-Host": forwardedHost, "Sec-Fetch-Site": fetchSite].compactMapValues { $0 }
        }
    }

    /// The browser's word, then by `Host`, then by a trusted proxy's `X-Forwarded-Host`.
    static let rows: [Row] = [
        Row(.own, "no browser"),
        Row(.own, "the browser says same-origin", origin: "https://kuma.example", fetchSite: "same-origin"),
        Row(
            .own, "it says so, and nginx's $host has taken the port", origin: "https://kuma.example:8443",
            fetchSite: "same-origin"),
        Row(
            .own, "it says so, and the proxy names the upstream", host: "127.0.0.1:8084",
            origin: "https://kuma.example", fetchSite: "same-origin"),
        Row(.own, "an address that a person typed", fetchSite: "none"),
        Row(.foreign, "the browser says cross-site", fetchSite: "cross-site"),
        Row(
            .foreign, "it says cross-site, whatever the Origin", origin: "https://kuma.example",
            fetchSite: "cross-site"),
        Row(
            .foreign, "it says same-site: a neighbour under one domain", origin: "https://kuma.example",
            fetchSite: "same-site"),
        Row(.foreign, "it says something new", fetchSite: "something-new"),
        Row(.foreign, "two words", fetchSite: "same-origin, cross-site"),
        Row(.own, "Host as the browser sent it", origin: "http://kuma.example"),
        Row(.own, "in other letters", origin: "http://KUMA.example"),
        Row(.own, "with its port", host: "kuma.example:8084", origin: "http://kuma.example:8084"),
        Row(.own, "the scheme's own port, written in Host", host: "kuma.example:443", origin: "https://kuma.example"),
        Row(.own, "the scheme's own port, written in Origin", origin: "http://kuma.example:80"),
        Row(.own, "an empty port", host: "kuma.example:", origin: "http://kuma.example"),
        Row(.own, "IPv6", host: "[2001:db8::443]", origin: "https://[2001:db8::443]:443"),
        Row(.foreign, "another port is another site", origin: "http://kuma.example:8085"),
        Row(.foreign, "the other scheme's port", host: "kuma.example:443", origin: "http://kuma.example"),
        Row(.foreign, "another site", origin: "https://evil.example"),
        Row(.foreign, "another site whose name begins alike", origin: "http://kuma.example.evil.example"),
        Row(.foreign, "a page that hides where it is from", origin: "null"),
        Row(.foreign, "no web page", origin: "ftp://kuma.example"),
        Row(.foreign, "an Origin without a name", host: "", origin: "http://"),
        Row(
            .own, "the proxy changed Host and says what it was", host: "127.0.0.1:8084", origin: "http://kuma.example",
            forwardedHost: "kuma.example"),
        Row(
            .own, "… with the port that the scheme implies", host: "127.0.0.1:8084", origin: "https://kuma.example",
            forwardedHost: "kuma.example:443"),
        Row(
            .own, "… behind two proxies", host: "upstream", origin: "https://kuma.example",
            forwardedHost: "kuma.example, inner"),
        Row(
            .foreign, "… and the page is another's", host: "127.0.0.1:8084", origin: "https://evil.example",
            forwardedHost: "kuma.example"),
        Row(
            .foreign, "… and the browser says cross-site", host: "127.0.0.1:8084", origin: "https://kuma.example",
            forwardedHost: "kuma.example", fetchSite: "cross-site"),
        Row(.foreign, "the proxy changed Host and says nothing", host: "127.0.0.1:8084", origin: "http://kuma.example"),
    ]

    @Test(
        "are found by the browser's word, else by Origin and Host, else by what a trusted proxy says", arguments: rows)
    func table(row: Row) {
        let forwarded = row.forwardedHost.map { $0.split(separator: ", ").map(String.init) } ?? []
        let isForeign = CrossSiteRule.isForeign(
            fetchSite: row.fetchSite, origin: row.origin, hosts: (row.host.map { [$0] } ?? []) + forwarded)
        #expect(isForeign == (row.verdict == .foreign))
    }

    @Test(
        "a GET that a browser made may be any page's, unless it says that a script or a person asked for it",
        arguments: [
            (nil, nil, nil, false), (nil, nil, "curl/8.5.0", false), (nil, nil, "Mozilla/5.0 (X11)", true),
            ("same-origin", "image", "Mozilla/5.0", true), ("same-origin", "iframe", nil, true),
            ("same-origin", "style", nil, true), (nil, "image", nil, true),
            ("same-origin", "empty", "Mozilla/5.0", false), ("none", "document", "Mozilla/5.0", false),
        ] as [(String?, String?, String?, Bool)])
    func embedded(site: String?, destination: String?, agent: String?, expected: Bool) {
        #expect(
            CrossSiteRule.mayBeEmbedded(fetchSite: site, fetchDestination: destination, userAgent: agent) == expected)
    }

    @Test("an Origin without any Host is foreign")
    func noHost() {
        #expect(CrossSiteRule.isForeign(fetchSite: nil, origin: "http://h", hosts: []))
    }

    @Test("X-Forwarded-Host is read as the data plane passes it on, each of several")
    func forwarded() async throws {
        let fixture = APIFixture()
        for row in Self.rows where row.forwardedHost != nil {
            let reply = try await fixture.post("/lb/clear-fixed-node", row.fields)
            #expect(reply.status == (row.verdict == .own ? 200 : 403), "\(row.why)")
        }
    }
}
