/// What a complete, valid response head of a node says: offsets into the bytes that were sniffed.
package struct ResponseHead: Sendable {
    /// What the head is to the request, and so what follows it.
    package enum Kind: Sendable {
        /// The answer to the request.
        case final
        /// `1xx` but not `101`: another head follows. Forward it to an HTTP/1.1 client, drop it for an HTTP/1.0 one.
        case interim
        /// `101` that matches the forwarded WebSocket request: what follows is a tunnel.
        case tunnel
    }

    package internal(set) var kind = Kind.final
    package internal(set) var version = HTTPVersion.http11
    /// What the node wants of its connection. Always `.close` when the body lasts until close.
    package internal(set) var persistence = Persistence.keepAlive
    /// `100…999`; those beyond 599 are forwarded like a 5xx (RFC 9110 §15).
    package internal(set) var status: UInt16 = 0
    /// `.none` in answer to HEAD, and for 1xx, 204 and 304, whatever the fields say (RFC 9112 §6.3).
    package internal(set) var body = BodyFraming.none
    /// What a `Content-Length` said even if there is no body (HEAD, 304); `nil` when none was sent.
    package internal(set) var declaredLength: UInt64?
    /// Whether the body is coded (`Content-Encoding` other than `identity`), so that its text cannot be searched.
    package internal(set) var coding = ContentCoding.identity
    var traits: HeadTraits = []
    /// What follows the version in the status line: a space, the status, and usually a space and a reason.
    var statusAndReason = ByteRange.absent

    /// Bytes of the head: the body begins there.
    package internal(set) var headBytes = 0

    init() {}
}

/// Whether a body can be read as it is.
package enum ContentCoding: Sendable {
    case identity, coded
}

/// Why a node's response head is refused: the node's fault. The client gets `502`, the upstream is closed.
package enum ResponseRejection: String, Error, Equatable, Sendable, CaseIterable {
    case badStatusLine = "bad_status_line"
    case badVersion = "bad_version"
    /// A line that ends without CR, the status line included, or a fault of a field line that has no case of its own.
    case badField = "bad_field"
    case headTooLarge = "head_too_large"
    case tooManyFields = "too_many_fields"
    case badContentLength = "bad_content_length"
    case unequalContentLengths = "unequal_content_lengths"
    case lengthAndTransferEncoding = "length_and_transfer_encoding"
    case badTransferEncoding = "bad_transfer_encoding"
    /// A `101` nobody asked for, or to another protocol.
    case unexpectedUpgrade = "unexpected_upgrade"

    /// How a fault that both kinds of heads can have is called in a response.
    init(_ fault: HeadRejection) {
        switch fault {
        case .badContentLength: self = .badContentLength
        case .unequalContentLengths: self = .unequalContentLengths
        case .lengthAndTransferEncoding: self = .lengthAndTransferEncoding
        case .badTransferEncoding, .chunkedNotLast, .transferEncodingInHTTP10, .unknownTransferCoding:
            self = .badTransferEncoding
        case .headTooLarge: self = .headTooLarge
        case .requestLineTooLong, .badRequestLine, .badMethod, .badTarget, .methodNotAllowed: self = .badStatusLine
        case .badVersion, .versionNotSupported: self = .badVersion
        case .tooManyFields: self = .tooManyFields
        case .bareLineFeed, .bareCarriageReturn, .controlByte, .foldedField, .badFieldName, .spaceBeforeColon,
            .missingColon, .missingHost, .repeatedHost, .badHost, .hostMismatch, .disguisedFramingField,
            .tooManyEmptyLines, .headTimedOut:
            self = .badField
        }
    }
}
