/// What the fields that both kinds of heads share say of framing and of the connection, gathered line by line.
struct ConnectionFacts {
    /// The options of `Connection` that mean something here.
    struct Options: OptionSet {
        let rawValue: UInt8
        static let close = Options(rawValue: 1)
        static let keepAlive = Options(rawValue: 2)
        static let upgrade = Options(rawValue: 4)
        /// Any other: the name of a field that must not be forwarded.
        static let fieldNames = Options(rawValue: 8)
    }

    enum TransferCoding {
        case none
        case chunked
        /// A coding we do not know, alone or before others.
        case unknown
    }

    private(set) var options: Options = []
    private(set) var contentLength: UInt64?
    private(set) var transferCoding = TransferCoding.none
    private var namesWebSocket = false
    private var namesOtherProtocol = false
    private var optionBytes = 0

    /// - Throws: `headTooLarge` when `Connection` lists more than `FramingLimits.connectionOptionBytes`.
    mutating func takeConnection(_ value: ByteRange, of bytes: UnsafeRawBufferPointer) throws(HeadRejection) {
        optionBytes += value.count
        guard optionBytes <= FramingLimits.connectionOptionBytes else { throw .headTooLarge }
        var elements = FieldListCursor(value)
        while let element = elements.next(in: bytes) {
            if element.isEmpty { continue }
            let (start, end) = (element.lowerBound, element.upperBound)
            if bytes.matches(start, end, lowercased: "close") {
                options.insert(.close)
            } else if bytes.matches(start, end, lowercased: "keep-alive") {
                options.insert(.keepAlive)
            } else if bytes.matches(start, end, lowercased: "upgrade") {
                options.insert(.upgrade)
            } else {
                options.insert(.fieldNames)
            }
        }
    }

    mutating func takeUpgrade(_ value: ByteRange, of bytes: UnsafeRawBufferPointer) {
        var elements = FieldListCursor(value)
        while let element = elements.next(in: bytes) {
            if element.isEmpty { continue }
            if bytes.matches(element.lowerBound, element.upperBound, lowercased: "websocket") {
                namesWebSocket = true
            } else {
                namesOtherProtocol = true
            }
        }
    }

    /// Whether `Upgrade` names `websocket` and nothing else: of several, each side might choose another one.
    var namesOnlyWebSocket: Bool { namesWebSocket && !namesOtherProtocol }

    /// Equal repetitions, in one line or several, count as one (RFC 9112 §6.3); they are forwarded as one.
    mutating func takeContentLength(_ value: ByteRange, of bytes: UnsafeRawBufferPointer) throws(HeadRejection) {
        var elements = FieldListCursor(value)
        while let element = elements.next(in: bytes) {
            guard let number = bytes.decimal(element), number <= FramingLimits.largestLength else {
                throw .badContentLength
            }
            if let known = contentLength, known != number { throw .unequalContentLengths }
            contentLength = number
        }
    }

    /// Only `chunked` alone is understood. It must be the last coding, and there must be but one.
    mutating func takeTransferEncoding(_ value: ByteRange, of bytes: UnsafeRawBufferPointer) throws(HeadRejection) {
        var elements = FieldListCursor(value)
        while let element = elements.next(in: bytes) {
            guard transferCoding != .chunked else { throw .chunkedNotLast }
            guard !element.isEmpty else { throw .badTransferEncoding }
            if bytes.matches(element.lowerBound, element.upperBound, lowercased: "chunked") {
                if transferCoding == .none { transferCoding = .chunked }
            } else {
                try checkCoding(element, of: bytes)
                transferCoding = .unknown
            }
        }
    }

    /// Something that is not even a coding's name is a bad request rather than an unknown coding; `chunked` takes no
    /// parameters (RFC 9112 §7.1).
    private func checkCoding(_ element: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HeadRejection) {
        let semicolon = bytes.firstIndex(of: UInt8(ascii: ";"), from: element.lowerBound, to: element.upperBound)
        let name = bytes.trimmed(element.lowerBound, semicolon ?? element.upperBound)
        guard !name.isEmpty, name.allSatisfy({ bytes[$0].isTokenByte }) else { throw .badTransferEncoding }
        if bytes.matches(name.lowerBound, name.upperBound, lowercased: "chunked") { throw .badTransferEncoding }
    }

    /// RFC 9112 §9.3.
    func persistence(in version: HTTPVersion) -> Persistence {
        if options.contains(.close) { return .close }
        switch version {
        case .http11: return .keepAlive
        case .http10: return options.contains(.keepAlive) ? .keepAlive : .close
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether `range` looks like sixteen bytes in base64: 22 digits and `==` (RFC 6455 §4.1).
    func isWebSocketKey(_ range: Range<Int>) -> Bool {
        guard range.count == 24, equals(range.upperBound - 2, range.upperBound, "==") else { return false }
        return range.dropLast(2).allSatisfy { self[$0].isBase64Digit }
    }

    /// The decimal number at `range`: digits only, no sign, at least one, below 2⁶⁴.
    func decimal(_ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var number: UInt64 = 0
        for index in range {
            guard self[index].isDigit else { return nil }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(self[index] &- 0x30))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }
}
