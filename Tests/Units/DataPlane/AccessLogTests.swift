import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Access log")
struct AccessLogTests {
    private let collected = CollectedLines()

    private func lines(_ count: Int) throws -> [String] {
        try blockUntil("\(count) lines, there are \(collected.lines)") { collected.lines.count >= count }
        return collected.lines
    }

    /// What is the same in each run: without time and span.
    private func shape(_ line: String) -> String {
        line.replacing(#/\[[^\]]*\]/#, with: "[]").replacing(#/ms=[0-9]+\.[0-9]{3}/#, with: "ms=")
    }

    @Test("Requests on one connection, pipelined ones too, have a line each, in order, without query or fields")
    func requests() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log())
        let client = try balancer.connect()
        let first = try client.get("/a?token=secret1", "Cookie: session=secret2", "Authorization: Bearer secret3")
        #expect(first.status == 200)
        try client.send(
            "GET /b HTTP/1.1\r\nHost: kuma.test\r\n\r\nPOST /c HTTP/1.1\r\nHost: kuma.test\r\nContent-Length: 3\r\n\r\nabc"
        )
        _ = try client.readResponse()
        _ = try client.readResponse()
        let lines = try lines(3)
        #expect(lines.count == 3)
        let pattern = #/127\.0\.0\.1 - - \[\] "(.*) HTTP/1\.1" 200 ([0-9]+) node=node1 via=load-balancer ms=/#
        let matches = lines.map { shape($0).wholeMatch(of: pattern) }
        #expect(matches.map { $0?.1 } == ["GET /a", "GET /b", "POST /c"], "\(lines)")
        // A head and five bytes.
        #expect(matches.allSatisfy { (Int($0?.2 ?? "") ?? 0) > 60 })
        #expect(!lines.joined().contains("secret"))
    }

    @Test("Behind a trusted proxy the client is whom it names; a push monitor's token is not shown")
    func proxied() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer(
            [.init(id: "node1", port: origin.port)], trustedProxies: AddressRange.loopback,
            accessLog: try collected.log())
        let client = try balancer.connect()
        for path in ["/api/push/s3cret?status=up", "/API/Push/s3cret/more", "//api/push/s3cret"] {
            _ = try client.get(path, "X-Forwarded-For: 203.0.113.7")
        }
        _ = try client.get("/a", "X-Forwarded-For: nobody\"")
        let lines = try lines(4)
        #expect(lines[0].hasPrefix("203.0.113.7 - - ") && lines[0].contains("\"GET /api/push/* HTTP/1.1\""))
        #expect(lines[1].contains("\"GET /API/Push/* HTTP/1.1\""))
        #expect(lines[2].contains("\"GET //api/push/* HTTP/1.1\""))
        #expect(lines[3].hasPrefix("127.0.0.1 - - "))
        #expect(!lines.joined().contains("s3cret"))
    }

    @Test("As JSON, with bytes of the path that could end a line or a string escaped, and a long path cut")
    func json() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log(.json))
        let client = try balancer.connect()
        _ = try client.get("/a\"b\\c")
        _ = try client.get("/" + String(repeating: "x", count: 600))
        _ = try lines(2)
        struct Line: Decodable {
            let time, client, method, path, node, via: String
            let status, bytes: Int
            let ms: Double
        }
        let read = try collected.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(read[0].path == "/a\\x22b\\x5Cc")
        #expect(read[1].path == "/" + String(repeating: "x", count: 511) + "...")
        #expect(read.allSatisfy { $0.status == 200 && $0.node == "node1" && $0.via == "load-balancer" })
    }

    @Test("A refused request shows nothing of itself; one that no node takes shows its path")
    func ownAnswers() throws {
        let refusing = try RefusingPort()
        let balancer = try Balancer([.init(id: "node1", port: refusing.port)], accessLog: try collected.log())
        let bad = try balancer.connect()
        #expect(try bad.exchange("GET /secret HTTP/1.1\r\nHost : kuma.test\r\n\r\n").status == 400)
        _ = try lines(1)
        #expect(try balancer.connect().get("/page?secret").status == 503)
        _ = try lines(2)
        #expect(try balancer.connect().get("/lb/health").status == 503)
        let shapes = try lines(3).map { shape($0).replacing(#/ [0-9]+ node/#, with: " N node") }
        #expect(
            shapes == [
                #"127.0.0.1 - - [] "-" 400 N node=- via=balancer ms= reason=space_before_colon"#,
                #"127.0.0.1 - - [] "GET /page HTTP/1.1" 503 N node=- via=balancer ms= reason=no_node_available"#,
                #"127.0.0.1 - - [] "GET /lb/health HTTP/1.1" 503 N node=- via=balancer ms= reason=control_api_unavailable"#,
            ])
    }

    @Test(
        "What was cut because its node was given up says so, and what the node closed says that",
        arguments: ["text", "json"])
    func cut(_ form: String) throws {
        let origin = try Origin { socket, origin in
            let request = try socket.readMessage(.request)
            origin.note(request)
            if request.target != "/silent" {
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
            }
            if request.target != "/closed" { _ = try socket.receive() }
        }
        let node = Balancer.Node(id: "node1", port: origin.port)
        let balancer = try Balancer([node], accessLog: try collected.log(form == "json" ? .json : .text))
        func ask(_ path: String) throws -> TestSocket {
            let client = try balancer.connect()
            try client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            return client
        }
        let closed = try ask("/closed")
        #expect(try closed.receiveToEnd().end == .reset)
        let (silent, begun) = (try ask("/silent"), try ask("/begun"))
        _ = try begun.receive(through: "begun")
        try blockUntil("the node has all requests") { origin.requests.count == 3 }
        try balancer.publish([.init(id: "node1", port: origin.port, status: .offline, isReachable: false)])
        #expect(try silent.readResponse().text.contains("node_given_up"))
        #expect(try begun.receiveToEnd().end == .reset)
        let lines = try lines(3)
        for (path, reason) in [("/closed", "node_closed"), ("/silent", "node_given_up"), ("/begun", "node_given_up")] {
            let line = try #require(lines.first { $0.contains(path) })
            #expect(form == "json" ? line.hasSuffix(",\"reason\":\"\(reason)\"}") : line.hasSuffix(" reason=\(reason)"))
            #expect(line.contains(form == "json" ? "\"node\":\"node1\"" : "node=node1"), "\(line)")
        }
    }

    @Test("A tunnel has its line when it ends, with what came through it")
    func tunnel() throws {
        let origin = try TunnelTests.echo()
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log())
        let client = try TunnelTests.open(balancer)
        try client.send([UInt8](repeating: 7, count: 300_000))
        #expect(try client.receive(exactly: 300_000).count == 300_000)
        #expect(collected.lines.isEmpty)
        client.endSending()
        _ = try client.receiveToEnd()
        let line = try #require(try lines(1).first)
        let match = shape(line).firstMatch(of: #/"GET /socket.io/ HTTP/1.1" 101 ([0-9]+) node=node1/#)
        let bytes = match.flatMap { Int($0.1) } ?? 0
        #expect(bytes > 300_000 && bytes < 301_000, "\(line)")
    }

    @Test("A client that leaves midway has a line: without a status before the answer, with the bytes it got within it")
    func clientGone() throws {
        let origin = try Origin { socket, origin in
            let request = try socket.readMessage(.request)
            origin.note(request)
            if request.target == "/begun" {
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun")
            }
            _ = try socket.receive()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log())
        let silent = try balancer.connect()
        try silent.send("GET /silent HTTP/1.1\r\nHost: kuma.test\r\n\r\n")
        try blockUntil("the node has the request") { origin.requests.count == 1 }
        silent.reset()
        _ = try lines(1)
        let begun = try balancer.connect()
        try begun.send("GET /begun HTTP/1.1\r\nHost: kuma.test\r\n\r\n")
        _ = try begun.receive(through: "begun")
        begun.reset()
        let lines = try lines(2)
        #expect(lines[0].contains(#""GET /silent HTTP/1.1" - 0 node=node1"#), "\(lines)")
        #expect(lines[1].contains(#""GET /begun HTTP/1.1" 200 "#), "\(lines)")
        #expect(!lines[1].contains(" 1000"), "\(lines)")
    }

    @Test("A sink that takes nothing holds up no request; when it takes again, what waited is written")
    func slowSink() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log())
        collected.answer(.notNow)
        let client = try balancer.connect()
        for _ in 0..<50 { #expect(try client.get("/").status == 200) }
        #expect(collected.lines.isEmpty)
        collected.answer(.taken)
        #expect(try lines(50).count == 50)
        collected.answer(.lost)
        #expect(try client.get("/").status == 200)
        try blockUntil("the lost line is counted") {
            balancer.sum { $0.lostAccessLines.load(ordering: .relaxed) } == 1
        }
    }

    @Test("What is there when the data plane stops is written")
    func stop() throws {
        let origin = try Origin.named("hello")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], accessLog: try collected.log())
        #expect(try balancer.connect().get("/last").status == 200)
        balancer.plane.stop()
        #expect(collected.lines.count == 1)
    }
}
