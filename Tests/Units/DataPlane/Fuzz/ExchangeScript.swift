import RepeatableRandom

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

    init(_ random: inout SeededRandom) {
        origin = random.index(below: 2) == 0 ? .fresh : .kept
        let version = random.oneOf("1.1", "1.1", "1.1", "1.0")
        let path = random.oneOf("/", "/lb/ping", "/api/v1/monitors/3", "/socket.io/?EIO=4&transport=polling&sid=x")
        let connection = random.oneOf("", "", "Connection: close\r\n", "Connection: keep-alive\r\n")
        let start = "HTTP/\(version)\r\nHost: a\r\n\(connection)"
        let chunks = "5;x\r\nHello\r\n0\r\nETag: y\r\n\r\n"
        switch random.index(below: 6) {
        case 0:
            head = "POST \(path) \(start)Content-Length: 20\r\n\r\n"
            body = Array("01234567890123456789".utf8)
            isBodyBroken = false
        case 1 where version == "1.1":
            isBodyBroken = random.index(below: 4) == 0
            head = "PUT \(path) \(start)Transfer-Encoding: chunked\r\n\r\n"
            body = Array((isBodyBroken ? "5\r\nHello!\r\n" : chunks).utf8)
        case 2:
            head = "GET \(path) HTTP/1.1\r\nHost: a\r\n\(ExchangeScript.webSocket)\r\n"
            body = []
            isBodyBroken = false
        case _:
            head = "\(random.oneOf("GET", "HEAD", "DELETE")) \(path) \(start)\r\n"
            body = []
            isBodyBroken = false
        }

        let persistence = random.oneOf("", "", "Connection: close\r\n")
        switch random.index(below: 7) {
        case 0:
            responseHead = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\(persistence)\r\n"
            responseBody = Array("what was asked.".utf8)
            isResponseBroken = false
        case 1:
            isResponseBroken = random.index(below: 3) == 0
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
            responseHead = "HTTP/1.1 204 No Content\r\n\(random.oneOf("", "Content-Length: 3\r\n"))\r\n"
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

extension SeededRandom {
    fileprivate mutating func oneOf(_ choices: String...) -> String { choices[index(below: choices.count)] }
}
