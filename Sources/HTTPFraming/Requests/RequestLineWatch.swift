/// Follows the first line of a head that does not come whole, and says at the first byte that no request line can have what
/// it is instead (LifeOfAConnection.md): an SSH or SMTP banner holds its connection no longer than it takes to arrive.
///
/// A line that begins with one of HTTP's own methods, or whose version begins as HTTP's do, is a bad request and worth an
/// answer, and so is one whose method has printable characters only; any other is another protocol's. What is a fault of the whole line – a target, a version that is not spoken –
/// is `RequestHeadParser`'s to find. Its verdict on a line follows from the line alone, however it arrives.
struct RequestLineWatch: Sendable {
    enum Verdict: Equatable {
        case possible
        case notHTTP
        case rejected(HeadRejection)
    }

    /// The part of the line that the next byte belongs to, and whether the method before it is one of HTTP's own.
    private enum Part: UInt8 {
        case method
        case targetOfNamed, targetOfOther
        case versionOfNamed, versionOfOther
        /// The line has ended, and is one as far as it can be told here.
        case over
    }

    private var part = Part.method
    /// Bytes of this part; more than a version has are not counted.
    private var partBytes: UInt8 = 0

    /// - Parameters:
    ///   - bytes: as for `RequestHeadSniffer.sniff`, which calls it with the same `start` each time.
    ///   - seen: up to where the bytes were there at the call before; at most `start` when there was none.
    mutating func advance(in bytes: UnsafeRawBufferPointer, from start: Int, seen: Int) -> Verdict {
        // Beyond that the line is too long, whatever it is.
        let end = min(bytes.count, start + FramingLimits.requestLineBytes)
        var position = max(start, seen)
        // Left there, because what follows it decides.
        if position > start, position <= bytes.count, bytes[position - 1] == .carriageReturn { position -= 1 }
        while position < end, part != .over {
            let byte = bytes[position]
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            if byte == .carriageReturn {
                guard position + 1 < bytes.count else { return .possible }
                guard bytes[position + 1] == .lineFeed else { return fault(.bareCarriageReturn, after: line) }
                return lineEnds(after: line)
            }
            // A bare line feed in a request of HTTP's is refused by the search for the head's end.
            if byte == .lineFeed { return isHTTP(line) ? .possible : .notHTTP }
            let verdict = take(byte, after: line)
            guard verdict == .possible else { return verdict }
            position += 1
        }
        return .possible
    }

    /// - Parameter line: the bytes before it, from the line's start: all of them the method while that is the part.
    private mutating func take(_ byte: UInt8, after line: UnsafeRawBufferPointer) -> Verdict {
        switch part {
        case .method:
            if byte.isTokenByte { return .possible }
            if byte == .space, line.isEmpty { return .rejected(.badRequestLine) }
            if byte == .space {
                begin(isHTTP(line) ? .targetOfNamed : .targetOfOther)
                return .possible
            }
            if byte.isControl { return fault(byte == .tab ? .badRequestLine : .controlByte, after: line) }
            return byte >= 0x80 ? fault(.badMethod, after: line) : .rejected(.badMethod)
        case .targetOfNamed, .targetOfOther:
            if byte == .space {
                guard partBytes > 0 else { return fault(.badRequestLine, after: line) }
                begin(part == .targetOfNamed ? .versionOfNamed : .versionOfOther)
                return .possible
            }
            if byte >= 0x80 || byte == .tab { return fault(.badTarget, after: line) }
            if byte.isControl { return fault(.controlByte, after: line) }
            partBytes = 1
            return .possible
        case .versionOfNamed, .versionOfOther:
            guard isVersionByte(byte) else {
                return fault(byte.isControl && byte != .tab ? .controlByte : .badVersion, after: line)
            }
            partBytes += 1
            return .possible
        case .over: return .possible
        }
    }

    private mutating func begin(_ next: Part) {
        part = next
        partBytes = 0
    }

    /// Whether a byte is the next of `HTTP/`, digit, point, digit.
    private func isVersionByte(_ byte: UInt8) -> Bool {
        let name: StaticString = "HTTP/"
        let index = Int(partBytes)
        // SAFETY: below the name's length.
        if index < name.utf8CodeUnitCount { return name.utf8Start[index] == byte }
        return index == 6 ? byte == UInt8(ascii: ".") : index < 8 && byte.isDigit
    }

    /// At the line's CRLF.
    private mutating func lineEnds(after line: UnsafeRawBufferPointer) -> Verdict {
        switch part {
        case .method, .targetOfNamed, .targetOfOther: return fault(.badRequestLine, after: line)
        case .versionOfNamed, .versionOfOther:
            guard partBytes == 8 else { return fault(.badVersion, after: line) }
            part = .over
            return .possible
        case .over: return .possible
        }
    }

    private func fault(_ rejection: HeadRejection, after line: UnsafeRawBufferPointer) -> Verdict {
        isHTTP(line) ? .rejected(rejection) : .notHTTP
    }

    private func isHTTP(_ line: UnsafeRawBufferPointer) -> Bool {
        switch part {
        case .method: RequestLineWatch.isMethod(line)
        case .targetOfNamed, .versionOfNamed, .over: true
        case .targetOfOther: false
        case .versionOfOther: partBytes >= 5
        }
    }

    /// The methods of RFC 9110 §9 and RFC 5789, those that are not allowed here among them.
    private static func isMethod(_ bytes: UnsafeRawBufferPointer) -> Bool {
        func isText(_ name: StaticString) -> Bool { bytes.equals(0, bytes.count, name) }
        return switch bytes.count {
        case 3: isText("GET") || isText("PUT")
        case 4: isText("POST") || isText("HEAD")
        case 5: isText("PATCH") || isText("TRACE")
        case 6: isText("DELETE")
        case 7: isText("OPTIONS") || isText("CONNECT")
        case _: false
        }
    }
}
