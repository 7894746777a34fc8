/// The field names that decide something here; every other name is `.other` and only relayed.
package enum FieldName: Sendable {
    case other
    case accept
    case connection
    case contentEncoding
    case contentLength
    case cookie
    case expect
    case host
    case http2Settings
    case keepAlive
    case maxForwards
    /// Whoever sent the request claims where it came from, by another name than the four that we stamp: `OriginClaim`.
    case originClaim
    /// Such a claim, or one of the four, with `_` for `-`: no proxy writes it, and some servers read it.
    case disguisedOrigin
    case proxyAuthorization
    case proxyConnection
    case secWebSocketKey
    case secWebSocketVersion
    case te
    case transferEncoding
    case upgrade
    case xForwardedFor
    case xForwardedHost
    case xForwardedProto
    case xRealIP
    case xRoutedNode
    case xRoutedTo
    case xRoutedVia
    /// `Transfer_Encoding` or `Content_Length`: some servers read `_` as `-`, so these smuggle a framing.
    case disguisedFraming

    /// Which name lies at `start..<end`, in any case of letters. The length is looked at first: it rules out all but
    /// one to three candidates, and nearly every unknown name.
    init(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) {
        func isNamed(_ name: StaticString) -> Bool { bytes.matches(start, end, lowercased: name) }
        self = .other
        switch end - start {
        case 2: if isNamed("te") { self = .te }
        case 4: if isNamed("host") { self = .host }
        case 6:
            if isNamed("accept") { self = .accept }
            if isNamed("cookie") { self = .cookie }
            if isNamed("expect") { self = .expect }
        case 7: if isNamed("upgrade") { self = .upgrade }
        case 9: if isNamed(WireNames.realIP.lowercased) { self = .xRealIP }
        case 10:
            if isNamed("connection") { self = .connection }
            if isNamed("keep-alive") { self = .keepAlive }
        case 11: if isNamed(WireNames.routedTo.lowercased) { self = .xRoutedTo }
        case 12:
            if isNamed(WireNames.routedVia.lowercased) { self = .xRoutedVia }
            if isNamed("max-forwards") { self = .maxForwards }
        case 13: if isNamed(WireNames.routedNode.lowercased) { self = .xRoutedNode }
        case 14:
            if isNamed("content-length") { self = .contentLength }
            if isNamed("content_length") { self = .disguisedFraming }
            if isNamed("http2-settings") { self = .http2Settings }
        case 15: if isNamed(WireNames.forwardedFor.lowercased) { self = .xForwardedFor }
        case 16:
            if isNamed(WireNames.forwardedHost.lowercased) { self = .xForwardedHost }
            if isNamed("proxy-connection") { self = .proxyConnection }
            if isNamed("content-encoding") { self = .contentEncoding }
        case 17:
            if isNamed("transfer-encoding") { self = .transferEncoding }
            if isNamed("transfer_encoding") { self = .disguisedFraming }
            if isNamed("sec-websocket-key") { self = .secWebSocketKey }
            if isNamed(WireNames.forwardedProto.lowercased) { self = .xForwardedProto }
        case 19: if isNamed("proxy-authorization") { self = .proxyAuthorization }
        case 21: if isNamed("sec-websocket-version") { self = .secWebSocketVersion }
        case _: break
        }
        if self == .other, OriginClaim.isNamed(start, end, of: bytes) {
            self = OriginClaim.isDisguised(start, end, of: bytes) ? .disguisedOrigin : .originClaim
        }
    }
}
