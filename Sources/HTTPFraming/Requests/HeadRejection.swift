/// Why a request head is refused: always the client's fault. The raw value is the machine word for logs and answers.
package enum HeadRejection: String, Error, Equatable, Sendable, CaseIterable {
    // 400
    case badRequestLine = "bad_request_line"
    /// No token.
    case badMethod = "bad_method"
    /// No path, no `http` or `https` URI with a good authority, and no `*` of an OPTIONS; or with a `#` or a byte beyond
    /// ASCII.
    case badTarget = "bad_target"
    /// Not `HTTP/`, a digit, a dot and a digit.
    case badVersion = "bad_version"
    /// A line that ends without CR.
    case bareLineFeed = "bare_line_feed"
    /// A CR that ends no line.
    case bareCarriageReturn = "bare_carriage_return"
    /// Any other control byte where text is to be.
    case controlByte = "control_byte"
    /// A line that begins with a blank and would go on with the one before (RFC 9112 §5.2).
    case foldedField = "folded_field"
    case badFieldName = "bad_field_name"
    case spaceBeforeColon = "space_before_colon"
    case missingColon = "missing_colon"
    case missingHost = "missing_host"
    case repeatedHost = "repeated_host"
    case badHost = "bad_host"
    /// `Host` and the authority of an absolute target differ in more than case and a port that is empty or the scheme's.
    case hostMismatch = "host_mismatch"
    /// No decimal number, or one above `FramingLimits.largestLength`.
    case badContentLength = "bad_content_length"
    case unequalContentLengths = "unequal_content_lengths"
    case lengthAndTransferEncoding = "length_and_transfer_encoding"
    /// An element that is empty or no token, or `chunked` with parameters.
    case badTransferEncoding = "bad_transfer_encoding"
    /// Something behind `chunked`, which may be `chunked` again.
    case chunkedNotLast = "chunked_not_last"
    case transferEncodingInHTTP10 = "transfer_encoding_in_http10"
    /// `Transfer_Encoding` or `Content_Length`.
    case disguisedFramingField = "disguised_framing_field"
    case tooManyEmptyLines = "too_many_empty_lines"
    // 405
    /// CONNECT or TRACE.
    case methodNotAllowed = "method_not_allowed"
    // 408: by the data plane's deadline, never by the sniffer
    case headTimedOut = "head_timed_out"
    // 414
    case requestLineTooLong = "request_line_too_long"
    // 431
    case headTooLarge = "head_too_large"
    case tooManyFields = "too_many_fields"
    // 501
    /// Any but `chunked`, alone or before it.
    case unknownTransferCoding = "unknown_transfer_coding"
    // 505
    /// Another first digit than 1.
    case versionNotSupported = "version_not_supported"

    /// The status code to answer with before closing. Every rejection closes: after a bad head nobody knows where the
    /// next one starts.
    package var status: UInt16 {
        switch self {
        case .badRequestLine, .badMethod, .badTarget, .badVersion, .bareLineFeed, .bareCarriageReturn, .controlByte,
            .foldedField, .badFieldName, .spaceBeforeColon, .missingColon, .missingHost, .repeatedHost, .badHost,
            .hostMismatch, .badContentLength, .unequalContentLengths, .lengthAndTransferEncoding, .badTransferEncoding,
            .chunkedNotLast, .transferEncodingInHTTP10, .disguisedFramingField, .tooManyEmptyLines:
            400
        case .methodNotAllowed: 405
        case .headTimedOut: 408
        case .requestLineTooLong: 414
        case .headTooLarge, .tooManyFields: 431
        case .unknownTransferCoding: 501
        case .versionNotSupported: 505
        }
    }
}
