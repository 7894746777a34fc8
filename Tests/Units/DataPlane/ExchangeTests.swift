import ClusterCore
import DataPlane
import Foundation
import Synchronization
import Testing
import Waiting

@Suite("Requests and responses on one connection")
struct ExchangeTests {
    @Test("Many requests use one client connection and one upstream connection")
    func keepAlive() throws {
        let origin = try Origin.http { "you asked \($0.target)" }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        for number in 0..<200 {
            #expect(try client.get("/\(number)").text == "you asked /\(number)")
        }
        #expect(origin.acceptedConnections == 1)
        #expect(balancer.sum { $0.requests.load(ordering: .acquiring) } == 200)
        client.close()
        try balancer.expectBalanced()
        balancer.plane.stop()
        try blockUntil("the upstream connection closed") { origin.openConnections == 0 }
    }

    @Test("Pipelined requests are answered in order, bodies in between")
    func pipelining() throws {
        let origin = try Origin.http { "\($0.target)=\($0.text)" }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send(
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                + "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                + "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n")
        for expected in ["/1=", "/2=abc", "/3=de", "/4="] { #expect(try client.readResponse().text == expected) }
    }

    @Test("A request may come in any two pieces")
    func splitAnywhere() throws {
        let origin = try Origin.http { "\($0.method) \($0.text)" }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let request = Array("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world".utf8)
        for cut in 1..<request.count {
            try client.send(Array(request[..<cut]))
            try client.send(Array(request[cut...]))
            #expect(try client.readResponse().text == "POST hello world", "cut at \(cut)")
        }
    }

    @Test("A request may come one byte at a time")
    func byteByByte() throws {
        let origin = try Origin.http { $0.text }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let request = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        for byte in request.utf8 { try client.send([byte]) }
        #expect(try client.readResponse().text == "hello")
    }

    @Test("A response may come one byte at a time")
    func responseByteByByte() throws {
        let origin = try Origin { socket, _ in
            while true {
                _ = try socket.readMessage(.request)
                let response =
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                for byte in response.utf8 { try socket.send([byte]) }
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        for _ in 0..<3 {
            let response = try client.get("/")
            #expect(response.text == "abc")
            #expect(response["Set-Cookie"] == ["a=b"])
        }
    }

    @Test("HEAD, 204 and 304 have no body, whatever their heads say, and the connection goes on")
    func bodiless() throws {
        let origin = try Origin { socket, _ in
            while true {
                let request = try socket.readMessage(.request)
                switch request.target {
                case "/204": try socket.send("HTTP/1.1 204 No Content\r\n\r\n")
                case "/304": try socket.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"x\"\r\n\r\n")
                case _: try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                }
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readMessage(.responseToHead)["Content-Length"] == ["1000"])
        #expect(try client.get("/204").status == 204)
        #expect(try client.get("/304").status == 304)
        try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readMessage(.responseToHead).status == 200)
        #expect(origin.acceptedConnections == 1)
    }

    @Test("Expect: 100-continue is the node's to answer; the body follows its 100")
    func hundredContinue() throws {
        let origin = try Origin { socket, _ in
            let head = try socket.receive(through: "\r\n\r\n")
            guard head.contains("100-continue") else { return }
            try socket.send("HTTP/1.1 100 Continue\r\n\r\n")
            let body = try socket.receive(exactly: 5)
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            try socket.send(body)
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readResponse().status == 100)
        try client.send("abcde")
        #expect(try client.readResponse().text == "abcde")
    }

    @Test("A node that answers before the body is whole is heard, and the connection ends after it")
    func earlyResponse() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.receive(through: "\r\n\r\n")
            try socket.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome")
        let response = try client.readResponse()
        #expect(response.status == 413)
        #expect(response["Connection"] == ["close"])
        #expect(try client.receiveToEnd().bytes.isEmpty)
        try balancer.expectBalanced()
    }

    @Test("A response without length lasts until the node closes, and ends the client's connection")
    func untilClose() throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            try socket.send("HTTP/1.1 200 OK\r\n\r\nall of it")
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        let response = try client.get("/")
        #expect(response.text == "all of it")
        #expect(response["Connection"] == ["close"])
        client.close()
        try balancer.expectBalanced()
    }

    @Test("HTTP/1.0 is answered and closed; Connection: close is honoured")
    func closing() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        for request in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"] {
            let client = try balancer.connect()
            #expect(try client.exchange(request).text == "one")
            #expect(try client.receiveToEnd().end == .closed)
        }
    }

    @Test("A client that ends its side after its request still gets the answer")
    func halfClosedClient() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        let client = try balancer.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.endSending()
        #expect(try client.readResponse().text == "one")
        #expect(try client.receiveToEnd().bytes.isEmpty)
        try balancer.expectBalanced()
    }

    @Test("A client that goes away takes its upstream connection with it", arguments: ["reset", "close"])
    func clientGone(how: String) throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            _ = try socket.receiveToEnd()
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) { $0.abandonedGrace = .milliseconds(50) }
        let client = try balancer.connect()
        try client.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the request at the node") { origin.openConnections == 1 }
        if how == "reset" { client.reset() } else { client.close() }
        try blockUntil("the upstream connection closed") { origin.openConnections == 0 }
        try balancer.expectBalanced()
    }

    @Test("A node that dies within its response leaves the client a broken one, never a padded one")
    func nodeDiesWithinResponse() throws {
        let origin = try Origin { socket, _ in
            let request = try socket.readMessage(.request)
            if request.target == "/length" {
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            } else {
                try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this")
            }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        for path in ["/length", "/chunked"] {
            let client = try balancer.connect()
            try client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let (bytes, _) = try client.receiveToEnd()
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("0\r\n\r\n"))
            #expect(text.hasSuffix("only this") || text.isEmpty)
        }
        try balancer.expectBalanced()
    }

    @Test("A node that closes without an answer, or answers nonsense, is a 502", arguments: ["nothing", "nonsense"])
    func badGateway(answer: String) throws {
        let origin = try Origin { socket, _ in
            _ = try socket.readMessage(.request)
            if answer == "nonsense" { try socket.send("SSH-2.0-x\r\n\r\n") }
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        #expect(try balancer.connect().get("/").status == 502)
        #expect(balancer.sum { $0.failed.load(ordering: .acquiring) } == 1)
    }

    @Test("A node that says nothing in time is a 504")
    func gatewayTimeout() throws {
        let origin = try Origin { socket, _ in _ = try socket.receiveToEnd() }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)]) { $0.exchangeIdle = .milliseconds(150) }
        #expect(try balancer.connect().get("/").status == 504)
        try blockUntil("the upstream connection closed") { origin.openConnections == 0 }
    }
}
