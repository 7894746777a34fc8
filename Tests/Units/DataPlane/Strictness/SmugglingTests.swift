import Testing
import Waiting

/// The framing layer's strictness, seen from outside: what a client smuggles never reaches a node, and what a node
/// smuggles never reaches another client.
@Suite("Nothing is smuggled")
struct SmugglingTests {
    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Requests whose end two servers may see at different places.
    enum Attack: String, CaseIterable {
        case lengthThenChunked, chunkedThenLength, unequalLengths, signedLength, listedLength, overflowingLength
        case chunkedTwice, chunkedFirst, unknownCoding, spacedName, foldedCoding, bareLineFeed, hiddenLine, underscore
        case codingInHTTP10, extensionLineFeed, openQuote, blankExtension, missingChunkEnd, oversizedChunk,
            trailerLength, twoHosts, otherAuthority

        var request: String {
            func post(_ lines: String..., version: String = "1.1", body: String = "0\r\n\r\n") -> String {
                "POST /x HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n" + body
            }
            let chunked = "Transfer-Encoding: chunked"
            return switch self {
            case .lengthThenChunked: post("Content-Length: 5", chunked)
            case .chunkedThenLength: post(chunked, "Content-Length: 50")
            case .unequalLengths: post("Content-Length: 0", "Content-Length: 5")
            case .signedLength: post("Content-Length: +5")
            case .listedLength: post("Content-Length: 0, 5")
            case .overflowingLength: post("Content-Length: 18446744073709551616")
            case .chunkedTwice: post(chunked, chunked)
            case .chunkedFirst: post("\(chunked), identity")
            case .unknownCoding: post("Transfer-Encoding: xchunked")
            case .spacedName: post("Transfer-Encoding : chunked")
            case .foldedCoding: post("Transfer-Encoding:\r\n chunked")
            case .bareLineFeed: post("X: y\n\(chunked)")
            case .hiddenLine: post("X: y\r\(chunked)")
            case .underscore: post("Transfer_Encoding: chunked")
            case .codingInHTTP10: post(chunked, version: "1.0")
            case .extensionLineFeed: post(chunked, body: "2;\nxx\r\n0\r\n\r\n")
            case .openQuote: post(chunked, body: "1;a=\"\r\nx\r\n0\r\n\r\n")
            case .blankExtension: post(chunked, body: "1;a b\r\nx\r\n0\r\n\r\n")
            case .missingChunkEnd: post(chunked, body: "1\r\naXX0\r\n\r\n")
            case .oversizedChunk: post(chunked, body: "10000000000000000\r\n\r\n0\r\n\r\n")
            case .trailerLength: post(chunked, body: "0\r\nContent-Length: 40\r\n\r\n")
            case .twoHosts: post("Host: b", "Content-Length: 5")
            case .otherAuthority: "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n"
            }
        }

        var status: Int { self == .unknownCoding ? 501 : 400 }
    }

    @Test("A request that could be read in two ways is refused, and nothing behind it is", arguments: Attack.allCases)
    func requests(attack: Attack) throws {
        let origin = try Origin.named("never asked")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let response = try client.exchange(attack.request + Self.smuggled)
        #expect(response.status == attack.status)
        #expect(response["Connection"] == ["close"])
        #expect(try client.receiveToEnd().bytes.isEmpty)
        #expect(origin.requests.isEmpty)
        client.close()
        try balancer.expectBalanced()
    }

    /// Answers of a node in which a second one is hidden.
    enum Poison: String, CaseIterable {
        case lengthAndChunked, unequalLengths, unknownCoding, bareLineFeed, noStatus, badChunk

        var response: String {
            switch self {
            case .lengthAndChunked:
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            case .unequalLengths: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"
            case .unknownCoding: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
            case .bareLineFeed: "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"
            case .noStatus: "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"
            case .badChunk: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;\nx\r\n0\r\n\r\n"
            }
        }
    }

    @Test("A node's answer that could be read in two ways is a 502, and its connection is never used again")
    func responses() throws {
        for poison in Poison.allCases {
            let origin = try Origin { socket, _ in
                _ = try socket.readMessage(.request)
                try socket.send(poison.response + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
                _ = try socket.receiveToEnd()
            }
            let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
            for number in 1...2 {
                let client = try balancer.connect()
                #expect(try client.get("/").status == 502, "\(poison)")
                #expect(try client.receiveToEnd().bytes.isEmpty, "\(poison)")
                #expect(origin.acceptedConnections == number, "\(poison)")
            }
            try blockUntil("the node's connections closed") { origin.openConnections == 0 }
        }
    }

    /// Answers without a body, behind which the node sends one all the same.
    enum Bodiless: String, CaseIterable { case noContent, noContentChunked, notModified, head }

    @Test("What a node sends behind an answer without a body answers nobody", arguments: Bodiless.allCases)
    func bodiless(kind: Bodiless) throws {
        let hidden = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            let head =
                switch kind {
                case .noContent: "204 No Content\r\nContent-Length: \(hidden.utf8.count)"
                case .noContentChunked: "204 No Content\r\nTransfer-Encoding: chunked"
                case .notModified: "304 Not Modified\r\nContent-Length: \(hidden.utf8.count)"
                case .head: "200 OK\r\nContent-Length: \(hidden.utf8.count)"
                }
            try socket.send("HTTP/1.1 \(head)\r\n\r\n\(hidden)")
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let client = try balancer.connect()
        for number in 1...3 {
            try client.send("\(kind == .head ? "HEAD" : "GET") /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readMessage(kind == .head ? .responseToHead : .response)
            #expect(response.body.isEmpty)
            #expect(response.status == (kind == .head ? 200 : kind == .notModified ? 304 : 204))
            #expect(origin.acceptedConnections == number)
        }
    }
}
