/// Where one field line lies in its head.
package struct FieldLine: Sendable {
    /// Offset of the name's first byte, which is the line's.
    package var start: UInt16
    /// Offset of the colon.
    package var nameEnd: UInt16
    /// The value without the white space around it.
    package var value: ByteRange
    /// Offset after the line's CRLF.
    package var end: UInt16
    /// Which of the names that matter here it is; `.other` for all the rest, whose bytes are from `start` to `nameEnd`.
    package var name: FieldName
}

/// The field lines of the head that was sniffed last: one allocation a reactor, used for every head in turn.
///
/// A connection keeps no field table; only between `sniff` answering `.complete` and the rewriting of that head does
/// anybody need one, and a reactor does both in one go.
package struct HeadFieldTable: ~Copyable {
    // SAFETY: owned by this value alone, `capacity` lines long, initialised for indices below `count`, freed in deinit.
    private let lines: UnsafeMutablePointer<FieldLine>
    private let capacity: Int
    /// Lines of the head that was sniffed last. They are true once that head was `.complete`; before, and after a
    /// rejection, nobody may count on them.
    package private(set) var count = 0

    /// - Parameter capacity: lines it holds at most; beyond them the sniffer rejects the head.
    package init(capacity: Int = FramingLimits.responseFields) {
        self.capacity = max(capacity, 0)
        lines = .allocate(capacity: max(capacity, 1))
    }

    deinit { lines.deallocate() }

    /// In the order in which the lines came.
    /// - Precondition: `0 <= index < count`.
    package subscript(index: Int) -> FieldLine {
        precondition(index >= 0 && index < count, "field line \(index) of \(count)")
        return lines[index]
    }

    mutating func removeAll() { count = 0 }

    /// Whether there was room; `FieldLine` is trivial, so storing over an old line needs no deinitialisation.
    mutating func append(_ line: FieldLine, limit: Int) -> Bool {
        guard count < min(limit, capacity) else { return false }
        (lines + count).initialize(to: line)
        count += 1
        return true
    }
}
