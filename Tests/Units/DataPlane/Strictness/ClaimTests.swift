import ClusterCore
import Testing

/// What a request claims and asks for, seen by a node.
@Suite("A node hears no claim that nobody vouches for")
struct ClaimTests {
    private static let claims = [
        "X-Forwarded-Port: 444", "x-FORWARDED-prefix: /a", "X_Forwarded_For: 6.6.6.6", "Forwarded: for=6.6.6.6",
        "X-Client-IP: 6.6.6.6", "X-Original-URL: /lb/", "Connection: X-Forwarded-Port, X-Original-URL",
        "Proxy-Authorization: Basic YTpi",
    ]
    private static let names = [
        "X-Forwarded-Port", "X-Forwarded-Prefix", "X_Forwarded_For", "Forwarded", "X-Client-IP", "X-Original-URL",
        "Proxy-Authorization",
    ]

    @Test("Claims of origin reach a node from a trusted proxy only, and from it in no disguise")
    func claims() throws {
        let origin = try Origin.named("node1")
        for (proxies, passed) in [
            ([], []), (AddressRange.loopback, ["444", "/a", "", "for=6.6.6.6", "6.6.6.6", "/lb/", ""]),
        ] {
            let balancer = try Balancer([.init(id: "node1", port: origin.port)], trustedProxies: proxies)
            let request = "GET / HTTP/1.1\r\nHost: kuma.test\r\n\(Self.claims.joined(separator: "\r\n"))\r\n\r\n"
            #expect(try balancer.connect().exchange(request).status == 200)
            let seen = try #require(origin.requests.last)
            for (index, name) in Self.names.enumerated() {
                let expected = passed.isEmpty || passed[index].isEmpty ? [] : [passed[index]]
                #expect(seen[name] == expected, "\(name)")
            }
        }
    }

    @Test("An upgrade to more than a WebSocket is an ordinary request to a node")
    func upgrade() throws {
        let origin = try Origin.named("node1")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        for list in ["websocket, h2c", "h2c"] {
            let request = TunnelTests.handshake.replacing(
                "Upgrade: websocket", with: "Upgrade: \(list)\r\nHTTP2-Settings: AA")
            #expect(try balancer.connect().exchange(request).status == 200)
            let seen = try #require(origin.requests.last)
            #expect(seen["Upgrade"].isEmpty && seen["HTTP2-Settings"].isEmpty && seen["Connection"] == ["keep-alive"])
        }
    }

    @Test("A target in absolute form may leave out or write out its scheme's port")
    func absoluteForm() throws {
        let origin = try Origin.named("node1")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        for (target, host) in [
            ("http://a:80/x", "a"), ("http://a:/x", "a"), ("http://a/x", "a:80"), ("https://a:443/x", "a"),
        ] {
            let response = try balancer.connect().exchange("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(response.status == 200)
            #expect(origin.requests.last?.target == "/x" && origin.requests.last?["Host"] == [host])
        }
    }
}
