import ClusterCore
import ControlAPI
import Testing

@Suite("Who may change the cluster")
struct AdminRuleTests {
    private let office = IPAddress(parsing: "198.51.100.9")
    private let stranger = IPAddress(parsing: "203.0.113.5")

    @Test("this machine is an administrator by default, everybody else is not")
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
        let rule = AdminRule(token: AdminToken("s3cret-token"), allowed: [])
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
        let rule = AdminRule(token: AdminToken("s3cret-token"), allowed: [])
        #expect(rule.judge(client: stranger, authorization: authorization) == .tokenRequired)
    }

    @Test("an empty text is no token, and a token is never printed")
    func emptyToken() {
        #expect(AdminToken("") == nil)
        #expect(AdminToken("s3cret").map { "\($0)" } == "<redacted>")
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
    @Test(
        "are foreign",
        arguments: [
            ("cross-site", nil), ("same-site", nil), ("something-new", nil), (nil, "https://evil.example"),
            (nil, "null"), (nil, "http://kuma.example:8085"), ("same-origin", "https://evil.example"),
            (nil, "ftp://kuma.example"), (nil, "http://kuma.example.evil.example"),
        ] as [(String?, String?)])
    func foreign(fetchSite: String?, origin: String?) {
        #expect(CrossSiteRule.isForeign(fetchSite: fetchSite, origin: origin, host: "kuma.example"))
    }

    @Test(
        "are own",
        arguments: [
            (nil, nil), ("same-origin", nil), ("none", nil), (nil, "https://kuma.example"),
            (nil, "http://KUMA.example"),
            ("same-origin", "http://kuma.example"),
        ] as [(String?, String?)])
    func own(fetchSite: String?, origin: String?) {
        #expect(!CrossSiteRule.isForeign(fetchSite: fetchSite, origin: origin, host: "kuma.example"))
    }

    @Test("a port is part of the host, and a scheme's own port may be written or not")
    func ports() {
        #expect(!CrossSiteRule.isForeign(fetchSite: nil, origin: "http://h:8084", host: "h:8084"))
        #expect(!CrossSiteRule.isForeign(fetchSite: nil, origin: "http://h", host: "h:80"))
        #expect(!CrossSiteRule.isForeign(fetchSite: nil, origin: "https://h", host: "h:443"))
        #expect(CrossSiteRule.isForeign(fetchSite: nil, origin: "http://h", host: "h:443"))
        #expect(CrossSiteRule.isForeign(fetchSite: nil, origin: "http://h", host: nil))
    }
}
