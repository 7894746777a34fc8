@testable import DataPlane

/// What the two sides of a random exchange have to say.
struct ExchangeScript {
    let head: String
    /// As framed.
    let body: [UInt8]
    let isBodyBroken: Bool
    let responseHead: String
    let responseBody: [UInt8]
    let isResponseBroken: Bool
    let origin: ExchangeStateMachine.UpstreamOrigin

    private static let webSocket =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Version: 13\r\n"

    init(_ random: inout SplitMix) {
        origin = random.below(2) == 0 ? .fresh : .kept
        let version = random.pick(["1.1", "1.1", "1.1", "1.0"])
        let path = random.pick(["/", "/lb/ping", "/api/v1/monitors/3", "/socket.io/?EIO=4&transport=polling&sid=x"])
        let connection = random.pick(["", "", "Connection: close\r\n", "Connection: keep-alive\r\n"])
        let start = "HTTP/\(version)\r\nHost: a\r\n\(connection)"
        let chunks = "5;x\r\nHello\r\n0\r\nETag: y\r\n\r\n"
        switch random.below(6) {
        case 0:
            head = "POST \(path) \(start)Content-Length: 20\r\n\r\n"
            body = Array("01234567890123456789".utf8)
            isBodyBroken = false
        case 1 where version == "1.1":
            isBodyBroken = random.below(4) == 0
            head = "PUT \(path) \(start)Transfer-Encoding: chunked\r\n\r\n"
            body = Array((isBodyBroken ? "5\r\nHello!\r\n" : chunks).utf8)
        case 2:
            head = "GET \(path) HTTP/1.1\r\nHost: a\r\n\(ExchangeScript.webSocket)\r\n"
            body = []
            isBodyBroken = false
        case _:
            head = "\(random.pick(["GET", "HEAD", "DELETE"])) \(path) \(start)\r\n"
            body = []
            isBodyBroken = false
        }

        let persistence = random.pick(["", "", "Connection: close\r\n"])
        switch random.below(7) {
        case 0:
            responseHead = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\(persistence)\r\n"
            responseBody = Array("what was wished".utf8)
            isResponseBroken = false
        case 1:
            isResponseBroken = random.below(3) == 0
            responseHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\(persistence)\r\n"
            responseBody = Array((isResponseBroken ? "zz\r\n" : chunks).utf8)
        case 2:
            responseHead = "HTTP/1.1 200 OK\r\n\r\n"
            responseBody = Array("until the end".utf8)
            isResponseBroken = false
        case 3:
            responseHead = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n"
            responseBody = Array("ok".utf8)
            isResponseBroken = false
        case 4:
            responseHead = "HTTP/1.1 204 No Content\r\n\(random.pick(["", "Content-Length: 3\r\n"]))\r\n"
            responseBody = []
            isResponseBroken = false
        case 5:
            responseHead = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
            responseBody = []
            isResponseBroken = false
        case _:
            responseHead = "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"
            responseBody = []
            isResponseBroken = false
        }
    }
}

/// SplitMix64: the same course for the same seed everywhere.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(max(bound, 1)))
    }

    mutating func pick(_ choices: [String]) -> String { choices[below(choices.count)] }
}
