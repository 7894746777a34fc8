import ClusterCore

/// An answer of our own, made without a node: whole, with a short readable body, and closing the connection.
///
/// Off the steady path, so it may allocate; a data plane renders the ones it needs often once and keeps them.
package struct LocalResponse: Sendable {
    /// The status code; the reason phrase of the status line follows from it.
    package var status: UInt16
    /// The machine word of an error object: `no_node_available`, `head_too_large`.
    package var reason: String
    /// One sentence for people. Escaped as the form needs. Empty: the response has no body.
    package var message: String
    /// Seconds for `Retry-After`; `nil` leaves the field out.
    package var retryAfterSeconds: Int?

    package init(status: UInt16, reason: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.reason = reason
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The answer to a head that was refused.
    package init(_ rejection: HeadRejection) {
        let message =
            switch rejection.status {
            case 405: "This method is not served here."
            case 408: "The request took too long to arrive."
            case 414: "The request's address is too long."
            case 431: "The request's header is too large."
            case 501: "This transfer coding is not understood."
            case 505: "This version of HTTP is not spoken here."
            case _: "The request is not well-formed HTTP."
            }
        self.init(status: rejection.status, reason: rejection.rawValue, message: message)
    }

    /// The answer to OPTIONS when it is ours to give (RFC 9110 §9.3.7).
    package static let capabilities = LocalResponse(status: 200, reason: "", message: "")

    /// The whole response, head and body.
    package func bytes(as form: AnswerForm) -> [UInt8] {
        let body = Array(bodyText(as: form).utf8)
        return Array(headText(as: form, bodyBytes: body.count).utf8) + body
    }

    /// The response without its body, for a HEAD request.
    package func headBytes(as form: AnswerForm) -> [UInt8] {
        Array(headText(as: form, bodyBytes: bodyText(as: form).utf8.count).utf8)
    }

    private func headText(as form: AnswerForm, bodyBytes: Int) -> String {
        var lines = ["HTTP/1.1 \(status) \(phrase)"]
        switch form {
        case _ where message.isEmpty: break
        case .html:
            lines.append("Content-Type: text/html; charset=utf-8")
            lines.append("Content-Security-Policy: default-src 'none'")
        case .json: lines.append("Content-Type: application/json; charset=utf-8")
        }
        lines.append("Content-Length: \(bodyBytes)")
        lines.append("Cache-Control: no-store")
        lines.append("X-Content-Type-Options: nosniff")
        // RFC 9110 §15.5.6: a 405 must say what is allowed; OPTIONS asks for it.
        if status == 405 || status == 200 { lines.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") }
        if let retryAfterSeconds { lines.append("Retry-After: \(max(retryAfterSeconds, 0))") }
        lines.append("Connection: close")
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    private func bodyText(as form: AnswerForm) -> String {
        if message.isEmpty { return "" }
        switch form {
        case .json:
            return "{\"error\":\(JSONString.quoted(message)),\"reason\":\(JSONString.quoted(reason))}\n"
        case .html:
            let title = "\(status) \(phrase)"
            return """
                <!DOCTYPE html>
                <html lang="en">
                <meta charset="utf-8">
                <title>\(title)</title>
                <h1>\(title)</h1>
                <p>\(HTMLText.escaped(message))</p>
                <p><code>\(HTMLText.escaped(reason))</code></p>
                </html>

                """
        }
    }

    /// The phrases of RFC 9110 §15 for the codes that are answered here.
    private var phrase: String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case _: "Error"
        }
    }
}
