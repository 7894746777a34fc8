/// Finds the empty line that ends a head, and remembers how far it has come.
struct HeadEndSearch: Sendable {
    /// The numbers of one kind of head.
    struct Limits {
        var headBytes: Int
        var firstLineBytes: Int
    }

    enum Outcome {
        case needMore
        /// The offset after the empty line, and that of the first line's CRLF.
        case found(end: Int, firstLineEnd: Int)
        case rejected(HeadRejection)
    }

    /// Every byte before this offset has been searched for a line feed. Offsets of a head fit 16 bits; a search that
    /// runs out of bytes has been rejected before.
    private(set) var searched: UInt16 = 0
    /// Offset of the line that `searched` is in.
    private var lineStart: UInt16 = 0
    /// Offset of the first line's CRLF; zero while unknown.
    private var firstLineEnd: UInt16 = 0

    /// - Parameter start: offset of the first line, the same in each call.
    mutating func advance(
        in bytes: UnsafeRawBufferPointer, from start: Int, limits: Limits
    ) -> Outcome {
        var line = max(Int(lineStart), start)
        var position = max(Int(searched), start)
        // One byte more than a head may have: a line feed beyond is as good as none.
        let end = min(bytes.count, start + limits.headBytes + 1)
        while true {
            let isFirstLine = line == start
            guard let lineFeed = bytes.firstIndex(of: .lineFeed, from: position, to: end) else {
                if isFirstLine, end - start > limits.firstLineBytes + 1 { return .rejected(.requestLineTooLong) }
                if end - start > limits.headBytes { return .rejected(.headTooLarge) }
                searched = UInt16(end)
                lineStart = UInt16(line)
                return .needMore
            }
            if isFirstLine, lineFeed - start > limits.firstLineBytes + 1 { return .rejected(.requestLineTooLong) }
            if lineFeed + 1 - start > limits.headBytes { return .rejected(.headTooLarge) }
            guard lineFeed > line, bytes[lineFeed - 1] == .carriageReturn else { return .rejected(.bareLineFeed) }
            if isFirstLine {
                firstLineEnd = UInt16(lineFeed - 1)
            } else if lineFeed - 1 == line {
                return .found(end: lineFeed + 1, firstLineEnd: Int(firstLineEnd))
            }
            line = lineFeed + 1
            position = line
        }
    }
}
