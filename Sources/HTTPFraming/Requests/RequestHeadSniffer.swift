/// Reads the head of one request out of the bytes received so far.
///
/// A connection keeps one of these (a few bytes) while a head is incomplete; it remembers how far it has searched, so
/// that a head which comes one byte at a time costs no more than one that comes whole. Make a new one for each head.
package struct RequestHeadSniffer: Sendable {
    /// What is known of the head after the bytes so far.
    package enum Outcome: Sendable {
        /// The head is not whole yet: call again with the same bytes and more behind them.
        case needMore
        case complete(RequestHead)
        /// Answer with the rejection's status and close.
        case rejected(HeadRejection)
        /// Not HTTP at all (a TLS ClientHello, binary, another protocol's greeting): close without a word.
        case notHTTP
    }

    private var search = HeadEndSearch()
    private var line = RequestLineWatch()

    /// At the beginning of a head.
    package init() {}

    /// - Parameters:
    ///   - bytes: everything received since the previous message ended; what was passed before must still be in front,
    ///     though it may have moved. Bytes after the head are not looked at.
    ///   - fields: overwritten; holds the field lines of the head after `.complete`.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only; the offsets in the head are below
    /// `RequestHead.headBytes`.
    package mutating func sniff(_ bytes: UnsafeRawBufferPointer, into fields: inout HeadFieldTable) -> Outcome {
        let start: Int
        switch RequestHeadSniffer.skipEmptyLines(bytes) {
        case .needMore: return .needMore
        case .rejected(let rejection): return .rejected(rejection)
        case .line(let offset): start = offset
        }
        // Every HTTP method starts with a visible character; a ClientHello starts with 0x16.
        guard !bytes[start].isControl, bytes[start] < 0x80 else { return .notHTTP }

        let limits = HeadEndSearch.Limits(
            headBytes: FramingLimits.requestHeadBytes, firstLineBytes: FramingLimits.requestLineBytes)
        let seen = Int(search.searched)
        switch search.advance(in: bytes, from: start, limits: limits) {
        case .needMore: return unless(line.advance(in: bytes, from: start, seen: seen), .needMore)
        case .rejected(let rejection):
            return unless(line.advance(in: bytes, from: start, seen: seen), .rejected(rejection))
        case .found(let end, let firstLineEnd):
            do throws(HeadRejection) {
                var parser = RequestHeadParser(bytes: bytes, end: end)
                try parser.readRequestLine(start, firstLineEnd)
                try parser.readFields(from: firstLineEnd + 2, into: &fields)
                return .complete(try parser.finish())
            } catch {
                return unless(line.advance(in: bytes, from: start, seen: seen), .rejected(error))
            }
        }
    }

    /// What the first line alone says comes first: it was there before the rest.
    private func unless(_ verdict: RequestLineWatch.Verdict, _ outcome: Outcome) -> Outcome {
        switch verdict {
        case .possible: outcome
        case .notHTTP: .notHTTP
        case .rejected(let rejection): .rejected(rejection)
        }
    }

    private enum FirstLine {
        case needMore
        case line(at: Int)
        case rejected(HeadRejection)
    }

    /// Empty lines before a request line are ignored, within reason (RFC 9112 §2.2).
    private static func skipEmptyLines(_ bytes: UnsafeRawBufferPointer) -> FirstLine {
        var start = 0
        while start < bytes.count {
            if bytes[start] == .lineFeed { return .rejected(.bareLineFeed) }
            guard bytes[start] == .carriageReturn else { return .line(at: start) }
            guard start < FramingLimits.leadingEmptyLineBytes else { return .rejected(.tooManyEmptyLines) }
            guard start + 1 < bytes.count else { return .needMore }
            guard bytes[start + 1] == .lineFeed else { return .rejected(.bareCarriageReturn) }
            start += 2
        }
        return .needMore
    }
}
