extension FieldLine {
    /// Reads the field line at `start..<end`, CRLF left out (RFC 9112 §5, and stricter: Strictness.md).
    init(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) throws(HeadRejection) {
        guard start < end else { throw .missingColon }
        guard !bytes[start].isBlank else { throw .foldedField }
        var nameEnd = start
        while nameEnd < end, bytes[nameEnd].isTokenByte { nameEnd += 1 }
        guard nameEnd < end, bytes[nameEnd] == UInt8(ascii: ":"), nameEnd > start else {
            throw FieldLine.nameFault(nameEnd, end, of: bytes)
        }
        let value = bytes.trimmed(nameEnd + 1, end)
        if let byte = bytes.firstControlByte(value.lowerBound, value.upperBound) { throw HeadRejection(control: byte) }
        self.init(
            start: UInt16(start), nameEnd: UInt16(nameEnd), value: ByteRange(value.lowerBound, value.upperBound),
            end: UInt16(end + 2), name: FieldName(start, nameEnd, of: bytes))
    }

    /// Why the name that stops at `stop` is not one.
    private static func nameFault(_ stop: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> HeadRejection {
        guard stop < end else { return .missingColon }
        let byte = bytes[stop]
        guard byte.isBlank else { return byte.isControl ? HeadRejection(control: byte) : .badFieldName }
        let rest = bytes.trimmed(stop, end)
        guard !rest.isEmpty, bytes[rest.lowerBound] == UInt8(ascii: ":") else { return .badFieldName }
        return .spaceBeforeColon
    }
}

extension HeadRejection {
    /// The fault of a control byte within a line; a line feed cannot be there, since it ends lines.
    init(control byte: UInt8) { self = byte == .carriageReturn ? .bareCarriageReturn : .controlByte }
}
