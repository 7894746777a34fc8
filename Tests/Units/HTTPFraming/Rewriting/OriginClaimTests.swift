import RepeatableRandom
import Testing

@testable import HTTPFraming

/// Stamping.md: what a request says of where it came from counts only when a trusted proxy says it.
@Suite("A claim of origin is the proxy's or nobody's")
struct OriginClaimTests {
    /// Every name but the four that are stamped.
    static let claims = [
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Ssl", "X-Forwarded-Scheme",
        "X-Forwarded-By", "X-Forwarded-User", "X-Forwarded-Path", "X-Forwarded-Fors", "X-Forwarded-", "X-Forwarded",
        "Forwarded", "Forwarded-For", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-URL", "X-Original-Host",
        "X-Original-For", "X-Original-", "X-Originating-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP",
    ]
    static let stamped = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]

    static let others = [
        "X-Forward-For", "X-Forwarder-For", "X-Client-IPs", "X-Client", "X-Originals", "X-Original", "X-Origin-IP",
        "Forwarded-Fo", "Forward", "Forwarders", "XX-Forwarded-For", "True-Client-ID", "CF-Connecting-ID", "CF-Ray",
        "X-Requested-With", "X-Real-I", "X.Forwarded.For", "Cache-Control", "Content-Language", "X_Custom", "Via",
    ]

    /// What a node gets of the fields that are neither ours nor the `Host`, name and value as sent.
    static func kept(_ lines: [String], trust: PeerTrust, _ lengths: [Int] = []) -> [String]? {
        let request = Array("GET / HTTP/1.1\r\nHost: kuma.test\r\n\(lines.map { $0 + "\r\n" }.joined())\r\n".utf8)
        let sent = text(rewritten(request: request, arrivingAt: lengths, trust: trust))
        return sent?.split(separator: "\r\n").dropFirst(2).map(String.init).filter { $0 != "Connection: keep-alive" }
    }

    static let ours = [
        "X-Forwarded-For: 192.0.2.7", "X-Real-IP: 192.0.2.7", "X-Forwarded-Proto: http", "X-Forwarded-Host: kuma.test",
    ]

    /// Every other letter a capital.
    static func odd(_ name: String) -> String {
        String(name.enumerated().map { $0 % 2 == 0 ? Character($1.lowercased()) : Character($1.uppercased()) })
    }

    static func spellings(_ name: String) -> [String] { [name, name.lowercased(), name.uppercased(), odd(name)] }

    static func disguised(_ name: String) -> [String] {
        let all = String(name.map { $0 == "-" ? "_" : $0 })
        guard all != name, let dash = name.firstIndex(of: "-") else { return [] }
        return spellings(all) + [String(name[..<dash]) + "_" + name[name.index(after: dash)...]]
    }

    @Test("a client's is taken away, however it is spelled, repeated or nominated", arguments: claims)
    func removed(_ name: String) {
        for spelling in Self.spellings(name) + Self.disguised(name) {
            let ways = [
                ["\(spelling): 6.6.6.6"], ["\(spelling):6.6.6.6 \t "], ["\(spelling):"],
                ["\(spelling): a", "\(spelling): b"],
                ["Connection: \(spelling), close", "\(spelling): 6.6.6.6"],
            ]
            for lines in ways { #expect(Self.kept(lines, trust: .untrusted) == Self.ours, "\(lines)") }
        }
    }

    @Test("a client's own copies of the stamps are taken away in the same way", arguments: stamped)
    func replaced(_ name: String) {
        for spelling in Self.spellings(name) + Self.disguised(name) {
            let ways = [
                ["\(spelling): 6.6.6.6"], ["\(spelling):6.6.6.6\t"], ["\(spelling): a", "\(spelling): b"],
                ["connection: \(spelling)", "\(spelling): 6.6.6.6"],
            ]
            for lines in ways { #expect(Self.kept(lines, trust: .untrusted) == Self.ours, "\(lines)") }
        }
    }

    @Test("a trusted proxy's passes as it came, each of several, and whatever Connection names", arguments: claims)
    func kept(_ name: String) {
        for spelling in Self.spellings(name) {
            let lines = ["\(spelling):  6.6.6.6 ", "X: y", "\(spelling):"]
            #expect(Self.kept(lines, trust: .trusted) == lines + Self.ours)
            #expect(Self.kept(["Connection: \(spelling)"] + lines, trust: .trusted) == lines + Self.ours)
        }
    }

    @Test("what a trusted proxy cannot have meant is taken away from it, too", arguments: claims + stamped)
    func disguisedOfProxy(_ name: String) {
        for spelling in Self.disguised(name) {
            #expect(Self.kept(["\(spelling): 6.6.6.6"], trust: .trusted) == Self.ours, "\(spelling)")
        }
    }

    @Test("names that only look like them pass", arguments: others)
    func passed(_ name: String) {
        for trust in [PeerTrust.trusted, .untrusted] {
            for spelling in Self.spellings(name) {
                #expect(Self.kept(["\(spelling): 1"], trust: trust) == ["\(spelling): 1"] + Self.ours)
            }
        }
    }

    @Test("however the head arrives", arguments: [PeerTrust.trusted, .untrusted])
    func pieces(trust: PeerTrust) {
        let lines =
            Self.claims.map { "\($0): 6.6.6.6" } + ["Connection: forwarded, x-forwarded-port", "X_Forwarded_For: 1"]
        let whole = Self.kept(lines, trust: trust)
        #expect(whole == (trust == .trusted ? Array(lines.prefix(Self.claims.count)) : []) + Self.ours)
        let count = lines.reduce(0) { $0 + $1.utf8.count + 2 } + "GET / HTTP/1.1\r\nHost: kuma.test\r\n\r\n".utf8.count
        for lengths in waysToArrive(count, seed: SeededRandom.runSeed) {
            #expect(Self.kept(lines, trust: trust, lengths) == whole, "\(lengths.prefix(20))")
        }
    }

    @Test("credentials for a proxy end here, whoever sent them", arguments: [PeerTrust.trusted, .untrusted])
    func proxyAuthorization(trust: PeerTrust) {
        for spelling in Self.spellings("Proxy-Authorization") {
            let lines = ["\(spelling): Basic YTpi ", "Authorization: Basic YTpi", "\(spelling): x"]
            #expect(Self.kept(lines, trust: trust) == ["Authorization: Basic YTpi"] + Self.ours)
        }
    }
}
