import RepeatableRandom
import Testing

@testable import HTTPFraming

@Suite("The exact path decides who a request is for")
struct RequestDestinationTests {
    static func destination(_ target: String) -> String? {
        RequestReading.of(whole: head("GET \(target) HTTP/1.1", "Host: a")).summary?.destination
    }

    @Test(
        "the API's own names",
        arguments: [
            "/lb", "/lb/", "/lb?x", "/lb/ping", "/lb/fixed-node/node-2", "/lb/fixed-node/a.b", "/lb/nodes/n/drain?x=//",
            "/health", "/health?x=1", "/api/system-status", "/api/node-status", "/api/load-balancer-status",
            "/api/health-check-status", "/api/health-status", "/api/fault-detection-status", "/api/update-loads",
            "/api/trigger-rebalancing", "/api/force-rebalance-all", "/api/rebalancing-status",
            "/api/trigger-health-check", "/api/debug-config", "/api/debug-logs?lines=3",
        ])
    func controlAPI(_ target: String) { #expect(Self.destination(target) == "api") }

    static let otherSpellings = [
        "/", "/l", "/lbx", "/LB/ping", "/Lb", "//lb/ping", "/./lb/ping", "/x/../lb/ping", "/lb%2fping",
        "/lb%2Fping",
        "/%6cb/ping", "/lb%00", "/lb;x/ping", "/lb%5cping", "/lb\\ping", "/lb//ping", "/lb/./ping", "/lb/../ping",
        "/lb/..", "/lb/.", "/lb/x/%2e%2e/ping", "/lb/%2fping", "/lb/%5Cping", "/lb/ping%00", "/lb/a\\b", "/lb/x//",
        "/health/", "/healthz", "/Health", "/health%2f", "/api/v1/health", "/api/", "/api/node-status/",
        "/api/node-statuses", "/api//node-status", "/api/v1/monitors", "/api/v1/monitors/", "/api/v1/monitors/12a",
        "/api/v1/monitors/-1", "/api/v1/monitors/9223372036854775808", "/api/entry-page", "/socket.io",
        "/socket.iox/", "/Socket.io/", "/lb\\..\\lb/ping", "/lb%", "/%2flb/ping", "/lb%3Fx",
    ]

    @Test("other spellings go to a node, byte for byte as they are", arguments: otherSpellings)
    func node(_ target: String) throws {
        let bytes = Array(head("GET \(target)?a=/lb/ HTTP/1.1", "Host: a").utf8)
        for lengths in waysToArrive(bytes.count, seed: SeededRandom.runSeed) {
            #expect(RequestReading.of(bytes, arrivingAt: lengths).summary?.destination == "node")
        }
        #expect(text(rewritten(request: bytes))?.hasPrefix("GET \(target)?a=/lb/ HTTP/1.1\r\n") == true)
    }

    @Test("an absolute form is judged by what is forwarded of it")
    func absoluteForm() {
        func sent(_ target: String) -> (String?, String?) {
            let bytes = Array(head("GET \(target) HTTP/1.1", "Host: a").utf8)
            let line = text(rewritten(request: bytes))?.prefix { $0 != "\r\n" }
            return (RequestReading.of(whole: bytes).summary?.destination, line.map(String.init))
        }
        #expect(sent("http://a/lb/ping") == ("api", "GET /lb/ping HTTP/1.1"))
        #expect(sent("http://a//lb/ping") == ("node", "GET //lb/ping HTTP/1.1"))
        #expect(sent("http://a?/lb/ping") == ("node", "GET /?/lb/ping HTTP/1.1"))
        #expect(sent("http://a/x/../lb/ping") == ("node", "GET /x/../lb/ping HTTP/1.1"))
        #expect(sent("http://a/%6cb/ping") == ("node", "GET /%6cb/ping HTTP/1.1"))
    }

    @Test("whatever one byte of /lb/ping is changed to, only the exact prefix reaches the API")
    func everyByte() {
        let path = Array("/lb/ping".utf8)
        for position in path.indices {
            for byte in UInt8(0x21)...0x7E where byte != UInt8(ascii: "#") && (position > 0 || byte == 0x2F) {
                var changed = path
                changed[position] = byte
                let target = String(decoding: changed, as: UTF8.self)
                // A query ends the path; a slash or a dot may make an empty or a dot segment; a backslash may be a slash.
                let beforeQuery = target.prefix { $0 != "?" }
                let isPlain =
                    beforeQuery == "/lb"
                    || beforeQuery.hasPrefix("/lb/") && !beforeQuery.contains("\\") && !beforeQuery.contains("//")
                #expect(Self.destination(target) == (isPlain ? "api" : "node"), "\(target)")
            }
            for digits in [String(path[position], radix: 16), String(path[position], radix: 16, uppercase: true)] {
                let target =
                    String(decoding: path[..<position], as: UTF8.self) + "%" + digits
                    + String(decoding: path[(position + 1)...], as: UTF8.self)
                guard position > 0 else { continue }
                // The API sees the name as it is sent, and has none that is written so.
                #expect(Self.destination(target) == (position < 4 ? "node" : "api"), "\(target)")
            }
        }
    }

    @Test(
        "Socket.IO sessions and monitors are read from the target",
        arguments: [
            ("/socket.io/?EIO=4&transport=polling", "socket.io()"),
            ("/socket.io/?EIO=4&transport=polling&sid=abc-DEF_9", "socket.io(abc-DEF_9)"),
            ("/socket.io/?sid=a&sid=b", "socket.io(a)"), ("/socket.io/?xsid=a&sidx=b", "socket.io()"),
            ("/socket.io/?sid=" + String(repeating: "x", count: 65), "socket.io()"), ("/socket.io/", "socket.io()"),
            ("/api/v1/monitors/17", "monitor(17)"), ("/api/v1/monitors/17/beats?x", "monitor(17)"),
            ("/api/v1/monitors/9223372036854775807", "monitor(9223372036854775807)"),
        ])
    func resources(_ target: String, _ expected: String) { #expect(Self.destination(target) == expected) }
}
