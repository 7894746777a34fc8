import Glibc

/// How writing a head into a caller's buffer ended.
package enum RewriteOutcome: Equatable, Sendable {
    /// The head takes this many bytes from the buffer's start.
    case written(Int)
    /// It does not fit; the buffer's contents are undefined.
    case tooLarge
}

/// Appends to a caller's buffer. Running out of room is remembered and reported once, at the end, so that the code that
/// writes a head reads like the head.
///
/// SAFETY: lives within one call of a rewriter; writes below `output.count` only.
struct HeadWriter {
    private let output: UnsafeMutableRawBufferPointer
    private var count = 0
    private var hasOverflowed = false

    init(_ output: UnsafeMutableRawBufferPointer) { self.output = output }

    var outcome: RewriteOutcome { hasOverflowed ? .tooLarge : .written(count) }

    mutating func write(_ start: UnsafeRawPointer?, count length: Int) {
        guard let start, length > 0 else { return }
        guard !hasOverflowed, length <= output.count - count, let base = output.baseAddress else {
            hasOverflowed = true
            return
        }
        memcpy(base + count, start, length)
        count += length
    }

    mutating func write(_ text: StaticString) { write(text.utf8Start, count: text.utf8CodeUnitCount) }

    mutating func write(_ bytes: UnsafeRawBufferPointer) { write(bytes.baseAddress, count: bytes.count) }

    mutating func write(_ range: ByteRange, of bytes: UnsafeRawBufferPointer) { write(range.bytes(in: bytes)) }

    /// A field line up to its value.
    mutating func begin(_ field: WireNames.Field) {
        write(field.written)
        write(": ")
    }

    mutating func write(decimal number: UInt64) {
        guard number > 9 else {
            writeDigit(number)
            return
        }
        var power: UInt64 = 1
        while number / power > 9 { power *= 10 }
        var rest = number
        while power > 0 {
            writeDigit(rest / power)
            rest %= power
            power /= 10
        }
    }

    private mutating func writeDigit(_ digit: UInt64) {
        withUnsafeBytes(of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)) { write($0) }
    }

    /// The framing field in normal form: one, as the other side is to read it.
    mutating func write(framing: BodyFraming) {
        switch framing {
        case .none, .untilClose: break
        case .chunked: write("Transfer-Encoding: chunked\r\n")
        case .length(let length):
            write("Content-Length: ")
            write(decimal: length)
            write("\r\n")
        }
    }

    /// The fields that make the head of a WebSocket tunnel, in either direction.
    mutating func writeTunnelFields() { write("Connection: Upgrade\r\nUpgrade: websocket\r\n") }

    mutating func write(_ persistence: Persistence) {
        switch persistence {
        case .keepAlive: write("Connection: keep-alive\r\n")
        case .close: write("Connection: close\r\n")
        }
    }
}

/// Copies the lines of a head that are kept, neighbours in one piece: a typical head is two or three copies.
struct KeptLines {
    private var start = 0
    private var end = 0

    mutating func keep(_ line: FieldLine, of bytes: UnsafeRawBufferPointer, into writer: inout HeadWriter) {
        if Int(line.start) != end {
            flush(from: bytes, into: &writer)
            start = Int(line.start)
        }
        end = Int(line.end)
    }

    mutating func flush(from bytes: UnsafeRawBufferPointer, into writer: inout HeadWriter) {
        if start < end { writer.write(ByteRange(start, end), of: bytes) }
        start = end
    }
}

extension HeadFieldTable {
    /// Whether a `Connection` field of the head names this line, which then ends here (RFC 9110 §7.6.1). Asked only when
    /// a `Connection` field names anything unknown at all; `FramingLimits.connectionOptionBytes` bounds the work.
    func connectionNames(_ line: FieldLine, of bytes: UnsafeRawBufferPointer) -> Bool {
        let name = Int(line.start)..<Int(line.nameEnd)
        for index in 0..<count where self[index].name == .connection {
            var elements = FieldListCursor(self[index].value)
            while let element = elements.next(in: bytes) {
                if bytes.matches(element, name) { return true }
            }
        }
        return false
    }
}
