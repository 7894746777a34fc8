/// A half-open run of bytes within one head: offsets from the first byte of the buffer that the head was sniffed in.
///
/// Sixteen bits suffice because no head is longer than `FramingLimits.responseHeadBytes`; small offsets keep a whole
/// `RequestHead` within two cache lines.
package struct ByteRange: Equatable, Sendable {
    /// Offset of the first byte.
    package var start: UInt16
    /// Offset after the last byte; never below `start`.
    package var end: UInt16

    /// Nothing, nowhere: how an absent part of a head is written.
    package static let absent = ByteRange(start: 0, end: 0)

    /// - Precondition: `start <= end`; it is not checked here.
    package init(start: UInt16, end: UInt16) {
        self.start = start
        self.end = end
    }

    /// - Precondition: `0 <= start <= end <= 65535`, which the limits on heads guarantee.
    init(_ start: Int, _ end: Int) {
        self.start = UInt16(start)
        self.end = UInt16(end)
    }

    /// True of what is absent, too: in a head an absent part and one without bytes are the same.
    package var isEmpty: Bool { start == end }
    package var count: Int { Int(end) - Int(start) }

    /// The same offsets as a collection's range, for subscripting a buffer.
    package var indices: Range<Int> { Int(start)..<Int(end) }

    /// The bytes of this range in the buffer that was sniffed; nothing when the buffer is shorter than that.
    package func bytes(in buffer: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard Int(end) <= buffer.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: buffer[indices])
    }
}
