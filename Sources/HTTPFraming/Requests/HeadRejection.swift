/// Why a request head is refused: always the client's fault. The raw value is the machine word for logs and answers.
package enum HeadRejection: String, Error, Equatable, Sendable, CaseIterable {
    // 400
    case badRequestLine = "bad_request_line"
    case badMethod = "bad_method"
    case badTarget = "bad_target"
    case badVersion = "bad_version"
    case bareLineFeed = "bare_line_feed"
    case bareCarriageReturn = "bare_carriage_return"
    case controlByte = "control_byte"
    case foldedField = "folded_field"
    case badFieldName = "bad_field_name"
    case spaceBeforeColon = "space_before_colon"
    case missingColon = "missing_colon"
    case missingHost = "missing_host"
    case repeatedHost = "repeated_host"
    case badHost = "bad_host"
    case hostMismatch = "host_mismatch"
    case badContentLength = "bad_content_length"
    case unequalContentLengths = "unequal_content_lengths"
    case lengthAndTransferEncoding = "length_and_transfer_encoding"
    case badTransferEncoding = "bad_transfer_encoding"
    case chunkedNotLast = "chunked_not_last"
    case transferEncodingInHTTP10 = "transfer_encoding_in_http10"
    case disguisedFramingField = "disguised_framing_field"
    case tooManyEmptyLines = "too_many_empty_lines"
    // 405
    case methodNotAllowed = "method_not_allowed"
    // 408: by the data plane's deadline, never by the sniffer
    case headTimedOut = "head_timed_out"
    // 414
    case requestLineTooLong = "request_line_too_long"
    // 431
    case headTooLarge = "head_too_large"
    case tooManyFields = "too_many_fields"
    // 501
    case unknownTransferCoding = "unknown_transfer_coding"
    // 505
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
