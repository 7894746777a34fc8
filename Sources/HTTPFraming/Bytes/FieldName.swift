/// The field names that decide something here; every other name is `.other` and only relayed.
package enum FieldName: UInt8, Sendable {
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
    case proxyConnection
    case secWebSocketKey
    case secWebSocketVersion
    case te
    case trailer
    case transferEncoding
    case upgrade
    case xForwardedFor
    case xForwardedHost
    case xForwardedProto
    case xRealIP
    case xRoutedTo
    case xRoutedVia
    /// `Transfer_Encoding` or `Content_Length`: some servers read `_` as `-`, so these smuggle a framing.
    case disguisedFraming
}
