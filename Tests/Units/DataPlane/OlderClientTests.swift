import ClusterCore
import DataPlane
import Synchronization
import Testing

@Suite("What the balancer speaks for its clients: HTTP/1.1 towards nodes, what they understand towards them")
struct OlderClientTests {
    @Test("A node sees HTTP/1.1 with a host, whatever its client speaks")
    func clientOfHTTP10() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        #expect(try balancer.connect().exchange("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").text == "one")
        #expect(
            try balancer.connect().exchange("POST / HTTP/1.0\r\nHost: b\r\nContent-Length: 1\r\n\r\nx").text == "one")
        #expect(origin.requests.map(\.startLine) == ["GET / HTTP/1.1", "POST / HTTP/1.1"])
        #expect(origin.requests.map { $0["Host"] } == [["127.0.0.1:\(balancer.port)"], ["b"]])
        #expect(origin.requests.allSatisfy { $0["Expect"].isEmpty && $0["Connection"] == ["keep-alive"] })
    }

    @Test(
        "A client of HTTP/1.0 gets a chunked answer as bare data until the end", arguments: ["whole", "bytes", "large"])
    func chunksForHTTP10(arrival: String) throws {
        let data = arrival == "large" ? String(repeating: "0123456789abcdef", count: 50_000) : "hello world"
        let origin = try Origin { socket, _ in
            while true {
                let isFirst = try socket.readMessage(.request).target == "/1"
                let middle = data.index(data.startIndex, offsetBy: data.count / 2)
                let chunks = [data[..<middle], data[middle...]].map {
                    "\(String($0.utf8.count, radix: 16));x=\"y\"\r\n\($0)\r\n"
                }
                let body = chunks.joined() + "0\r\nETag: z\r\n\r\n"
                let head = isFirst ? "HTTP/1.1 103 Early Hints\r\n\r\n" : ""
                let answer = head + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n" + body
                if arrival == "bytes" {
                    for byte in answer.utf8 { try socket.send([byte]) }
                } else {
                    try socket.send(answer)
                }
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        for number in 1...2 {
            let client = try balancer.connect()
            try client.send("GET /\(number) HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let (bytes, end) = try client.receiveToEnd()
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
            let head = HTTPMessage(head: String(parts[0]), body: [])
            #expect(head.status == 200 && head["Transfer-Encoding"].isEmpty && head["Content-Length"].isEmpty)
            #expect(head["Connection"] == ["close"] && head["A"] == ["b"])
            #expect(parts[1] == data && end == .closed)
        }
        #expect(origin.acceptedConnections == 1, "the node's connection is in step")
        try balancer.expectBalanced()
    }

    @Test("A client of HTTP/1.0 sees that a chunked answer was cut", arguments: ["ended", "broken"])
    func cutChunksForHTTP10(how: String) throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            if how == "broken" { try socket.send("zz\r\n") }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        let (bytes, end) = try client.receiveToEnd()
        // What breaks in the first piece has not begun for the client.
        #expect(end == .reset || String(decoding: bytes, as: UTF8.self).hasPrefix("HTTP/1.1 502 "))
    }

    @Test("OPTIONS that may go no further is answered here, another counts one hop less")
    func maxForwards() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        func options(_ hops: Int) throws -> HTTPMessage {
            try client.exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: \(hops)\r\n\r\n")
        }
        #expect(try options(2).text == "one")
        #expect(try client.get("/", "Max-Forwards: 0").text == "one")
        let own = try options(0)
        #expect(own.status == 200 && own.body.isEmpty)
        #expect(own["Allow"].first?.contains("OPTIONS") == true)
        #expect(own["X-Routed-Node"].isEmpty)
        #expect(origin.requests.map { $0["Max-Forwards"] } == [["1"], ["0"]])
        #expect(try client.receiveToEnd().bytes.isEmpty)
        #expect(balancer.sum { $0.rejected.load(ordering: .acquiring) } == 0)
    }
}
