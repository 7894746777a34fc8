import Glibc

/// Searching and comparing within a buffer, by offsets and without copies.
///
/// SAFETY: every function stays within `start..<end`, which callers keep within the buffer; `UnsafeRawBufferPointer`
/// checks each subscript in debug builds, where the fuzz tests run.
extension UnsafeRawBufferPointer {
    /// The first place of `byte` in `start..<end`.
    func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        guard let base = baseAddress, start < end else { return nil }
        guard let found = memchr(base + start, Int32(byte), end - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether `start..<end` is exactly `text`.
    func equals(_ start: Int, _ end: Int, _ text: StaticString) -> Bool {
        guard end - start == text.utf8CodeUnitCount, let base = baseAddress else { return false }
        return memcmp(base + start, text.utf8Start, end - start) == 0
    }

    /// Whether `start..<end` begins with `text`.
    func hasPrefix(_ start: Int, _ end: Int, _ text: StaticString) -> Bool {
        end - start >= text.utf8CodeUnitCount && equals(start, start + text.utf8CodeUnitCount, text)
    }

    /// Whether `start..<end` is `text` but for the case of letters.
    ///
    /// Eight bytes at a time where there are eight, the last eight of them overlapping what came before: every field name
    /// goes through here, most of them several times.
    ///
    /// - Parameter text: in lower case.
    func matches(_ start: Int, _ end: Int, lowercased text: StaticString) -> Bool {
        let count = end - start
        guard count == text.utf8CodeUnitCount else { return false }
        guard count >= 8 else {
            for offset in 0..<count
            where self[start + offset].asciiLowercased != text.utf8Start[offset] { return false }
            return true
        }
        // SAFETY: `offset + 8 <= count`, which is the length of both.
        let wanted = UnsafeRawPointer(text.utf8Start)
        var offset = 0
        while true {
            let word = loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
            guard word.asciiLowercased == wanted.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else {
                return false
            }
            if offset == count - 8 { return true }
            offset = Swift.min(offset + 8, count - 8)
        }
    }

    /// Whether two runs of this buffer are the same but for the case of letters.
    func matches(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count
        where self[one.lowerBound + offset].asciiLowercased != self[other.lowerBound + offset].asciiLowercased {
            return false
        }
        return true
    }

    /// `start..<end` without the blanks at both of its ends.
    func trimmed(_ start: Int, _ end: Int) -> Range<Int> {
        var start = start
        var end = end
        while start < end, self[start].isBlank { start += 1 }
        while start < end, self[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    /// The first control byte of `start..<end` other than a tab: what no field value may hold (RFC 9110 §5.5).
    ///
    /// Eight bytes at a time, since this looks at nearly every byte of every head: `(w - n·0x01…) & ~w & 0x80…` is not
    /// zero exactly when some byte of `w` is below `n` (for `n ≤ 128`).
    func firstControlByte(_ start: Int, _ end: Int) -> UInt8? {
        guard end - start >= 8 else { return controlByteByByte(start, end) }
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while true {
            let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let deleted = word ^ (ones &* 0x7F)
            let hits = ((word &- ones &* 0x20) & ~word | (deleted &- ones) & ~deleted) & tops
            if hits != 0, let byte = controlByteByByte(index, index + 8) { return byte }
            if index == end - 8 { return nil }
            // The last eight overlap what came before, in which there was none.
            index = Swift.min(index + 8, end - 8)
        }
    }

    private func controlByteByByte(_ start: Int, _ end: Int) -> UInt8? {
        for index in start..<end {
            let byte = self[index]
            if byte.isControl, byte != .tab { return byte }
        }
        return nil
    }
}

/// Walks the elements of a comma-separated field value (RFC 9110 §5.6.1), blanks trimmed, empty elements included.
struct FieldListCursor {
    private var start: Int
    private let end: Int
    private var isFinished = false

    init(_ value: ByteRange) {
        start = Int(value.start)
        end = Int(value.end)
    }

    mutating func next(in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        guard !isFinished else { return nil }
        let comma = bytes.firstIndex(of: UInt8(ascii: ","), from: start, to: end)
        let element = bytes.trimmed(start, comma ?? end)
        if let comma { start = comma + 1 } else { isFinished = true }
        return element
    }
}
