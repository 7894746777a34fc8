/// Walks the framing of a chunked body (RFC 9112 §7.1), strictly: CRLF only, no blanks around sizes, bounded extensions
/// and trailers. Data bytes are only counted.
struct ChunkScanner: Sendable {
    private enum State: UInt8 {
        /// The first digit of a size.
        case sizeStart
        case size
        /// After a `;`.
        case extensionStart
        case extensionName
        /// After the `=`.
        case extensionValueStart
        case extensionToken
        case extensionQuoted
        /// After a backslash.
        case extensionQuotedPair
        /// After the closing quote.
        case extensionQuoteEnd
        /// After the CR of a size line.
        case sizeLineFeed
        case data
        /// After the data.
        case dataCarriageReturn
        case dataLineFeed
        /// At the start of a trailer line, or of the empty line that ends all.
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case complete
    }

    private var state = State.sizeStart
    private var digits: UInt8 = 0
    private var extensionBytes: UInt16 = 0
    private var trailerBytes: UInt16 = 0
    private var trailerFields: UInt8 = 0
    private var trailerName = TrailerName()
    /// The size while it is read, then what of the chunk's data is still to come.
    private var remaining: UInt64 = 0

    var isComplete: Bool { state == .complete }

    /// The rest of the current chunk's data.
    var blindBytes: UInt64 { state == .data ? remaining : 0 }

    /// Records data bytes that nobody looked at.
    ///
    /// - Precondition: `count <= blindBytes`.
    mutating func skip(_ count: UInt64) {
        remaining -= min(count, remaining)
        if state == .data, remaining == 0 { state = .dataCarriageReturn }
    }

    /// - Returns: how many of the bytes belong to the body: all of them, or fewer when it is complete.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(BodyViolation) -> Int {
        var index = 0
        while index < bytes.count, state != .complete {
            if state == .data {
                let available = UInt64(bytes.count - index)
                let moved = min(available, remaining)
                skip(moved)
                // Not more than `available`, which is an Int.
                index += Int(moved)
            } else {
                try take(bytes[index])
                index += 1
            }
        }
        return index
    }

    private mutating func take(_ byte: UInt8) throws(BodyViolation) {
        switch state {
        case .sizeStart:
            digits = 0
            remaining = 0
            state = .size
            try takeDigit(byte)
        case .size: try takeAfterDigit(byte)
        case .extensionStart, .extensionName, .extensionValueStart, .extensionToken, .extensionQuoted,
            .extensionQuotedPair, .extensionQuoteEnd:
            try takeExtension(byte)
        case .sizeLineFeed:
            guard byte == .lineFeed else { throw .badChunkLineEnd }
            state = remaining == 0 ? .trailerStart : .data
        case .data: break
        case .dataCarriageReturn:
            guard byte == .carriageReturn else { throw .missingChunkLineEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lineFeed else { throw .missingChunkLineEnd }
            state = .sizeStart
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: try takeTrailer(byte)
        case .lastLineFeed:
            guard byte == .lineFeed else { throw .badChunkLineEnd }
            state = .complete
        case .complete: break
        }
    }

    private mutating func takeDigit(_ byte: UInt8) throws(BodyViolation) {
        guard let value = byte.hexadecimalValue else { throw .badChunkSize }
        guard Int(digits) < FramingLimits.chunkSizeDigits else { throw .chunkSizeOverflow }
        guard remaining <= FramingLimits.largestLength >> 4 else { throw .chunkSizeOverflow }
        digits += 1
        remaining = remaining << 4 | value
    }

    private mutating func takeAfterDigit(_ byte: UInt8) throws(BodyViolation) {
        switch byte {
        case .carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"):
            state = .extensionStart
            try countExtension()
        case .lineFeed: throw .badChunkLineEnd
        case _: try takeDigit(byte)
        }
    }

    /// `;name`, `;name=token` or `;name="quoted"`, as often as there is room (RFC 9112 §7.1.1). The blanks that a
    /// recipient may put up with there are refused as those behind the size are: llhttp, which Kuma reads by, does not.
    private mutating func takeExtension(_ byte: UInt8) throws(BodyViolation) {
        guard byte != .lineFeed else { throw .badChunkLineEnd }
        guard let next = stateInExtension(after: byte) else { throw .badChunkExtension }
        state = next
        if next != .sizeLineFeed { try countExtension() }
    }

    /// Where the next byte of an extension leads; `nil` when it has no place there.
    private func stateInExtension(after byte: UInt8) -> State? {
        switch state {
        case .extensionStart: return byte.isTokenByte ? .extensionName : nil
        case .extensionName:
            if byte.isTokenByte { return .extensionName }
            return byte == UInt8(ascii: "=") ? .extensionValueStart : stateAfterExtension(byte)
        case .extensionValueStart:
            if byte.isTokenByte { return .extensionToken }
            return byte == UInt8(ascii: "\"") ? .extensionQuoted : nil
        case .extensionToken: return byte.isTokenByte ? .extensionToken : stateAfterExtension(byte)
        case .extensionQuoted:
            if byte == UInt8(ascii: "\"") { return .extensionQuoteEnd }
            if byte == UInt8(ascii: "\\") { return .extensionQuotedPair }
            return byte.isQuotable ? .extensionQuoted : nil
        case .extensionQuotedPair: return byte.isQuotable ? .extensionQuoted : nil
        case .extensionQuoteEnd: return stateAfterExtension(byte)
        case .sizeStart, .size, .sizeLineFeed, .data, .dataCarriageReturn, .dataLineFeed, .trailerStart, .trailerName,
            .trailerValue, .trailerLineFeed, .lastLineFeed, .complete:
            return nil
        }
    }

    private func stateAfterExtension(_ byte: UInt8) -> State? {
        switch byte {
        case UInt8(ascii: ";"): .extensionStart
        case .carriageReturn: .sizeLineFeed
        case _: nil
        }
    }

    private mutating func countExtension() throws(BodyViolation) {
        guard Int(extensionBytes) < FramingLimits.chunkExtensionBytes else { throw .chunkExtensionsTooLong }
        extensionBytes += 1
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(BodyViolation) {
        guard Int(trailerBytes) < FramingLimits.trailerBytes else { throw .trailersTooLong }
        trailerBytes += 1
        switch state {
        case .trailerStart:
            if byte == .carriageReturn {
                state = .lastLineFeed
                return
            }
            guard byte.isTokenByte else { throw .badTrailer }
            guard Int(trailerFields) < FramingLimits.trailerFields else { throw .trailersTooLong }
            trailerFields += 1
            trailerName = TrailerName()
            trailerName.append(byte)
            state = .trailerName
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                guard !trailerName.isForbidden else { throw .forbiddenTrailer }
                state = .trailerValue
            } else {
                guard byte.isTokenByte else { throw .badTrailer }
                trailerName.append(byte)
            }
        case .trailerValue:
            if byte == .carriageReturn {
                state = .trailerLineFeed
            } else if byte.isControl, byte != .tab {
                throw .badTrailer
            }
        case .trailerLineFeed:
            guard byte == .lineFeed else { throw .badTrailer }
            state = .trailerStart
        case .sizeStart, .size, .extensionStart, .extensionName, .extensionValueStart, .extensionToken,
            .extensionQuoted, .extensionQuotedPair, .extensionQuoteEnd, .sizeLineFeed, .data, .dataCarriageReturn,
            .dataLineFeed, .lastLineFeed, .complete:
            break
        }
    }
}
