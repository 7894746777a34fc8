import Testing

@testable import HTTPFraming

@Suite("Answers of our own are whole HTTP")
struct LocalResponseTests {
    @Test("no node: JSON with the reason and when to come back, byte for byte")
    func json() {
        let response = LocalResponse(
            status: 503, reason: "no_node_available", message: "No \"node\" is\navailable.", retryAfterSeconds: 2)
        let body = "{\"error\":\"No \\\"node\\\" is\\navailable.\",\"reason\":\"no_node_available\"}\n"
        let head = head(
            "HTTP/1.1 503 Service Unavailable", "Content-Type: application/json; charset=utf-8",
            "Content-Length: \(body.utf8.count)", "Cache-Control: no-store", "X-Content-Type-Options: nosniff",
            "Retry-After: 2", "Connection: close")
        #expect(text(response.bytes(as: .json)) == head + body)
        #expect(text(response.headBytes(as: .json)) == head)
    }

    @Test("a browser gets a page, with everything in it escaped")
    func html() throws {
        let response = LocalResponse(status: 502, reason: "a&b", message: "<script>\"'")
        let page = try #require(text(response.bytes(as: .html)))
        #expect(page.contains("<h1>502 Bad Gateway</h1>"))
        #expect(page.contains("&lt;script&gt;&quot;&#39;"))
        #expect(page.contains("a&amp;b"))
        #expect(!page.contains("<script>"))
        #expect(!page.contains("Retry-After"))
    }

    @Test("OPTIONS is answered with the methods and no body, byte for byte", arguments: [AnswerForm.html, .json])
    func options(_ form: AnswerForm) {
        #expect(
            text(LocalResponse.capabilities.bytes(as: form))
                == head(
                    "HTTP/1.1 200 OK", "Content-Length: 0", "Cache-Control: no-store",
                    "X-Content-Type-Options: nosniff",
                    "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Connection: close"))
    }

    @Test("every refusal has an answer that a client can read", arguments: HeadRejection.allCases)
    func refusals(_ rejection: HeadRejection) throws {
        for form in [AnswerForm.html, .json] {
            let bytes = LocalResponse(rejection).bytes(as: form)
            let summary = try #require(ResponseReading.of(bytes, arrivingAt: [bytes.count]).summary)
            #expect(summary.status == rejection.status)
            #expect(summary.persistence == .close)
            #expect(summary.body == .length(UInt64(bytes.count - summary.headBytes)))
            #expect(summary.fields.contains { $0.hasPrefix("Allow: ") } == (rejection.status == 405))
            #expect(text(bytes)?.contains("HTTP/1.1 \(rejection.status) Error") == false)
        }
    }
}
