extension BodyScanner {
    /// Takes the next bytes of the connection as `consume` does, and copies those that are data, the framing left out.
    ///
    /// - Parameter output: at least as long as `bytes`; must not overlap them.
    /// - Returns: what `consume` would answer, and how many bytes were copied. After `.invalid` they are none to forward.
    ///
    /// SAFETY: both buffers are used within their bounds and during the call only.
    package mutating func consume(
        _ bytes: UnsafeRawBufferPointer, copyingDataTo output: UnsafeMutableRawBufferPointer
    ) -> (step: BodyStep, dataBytes: Int) {
        var index = 0
        var dataBytes = 0
        while index < bytes.count {
            // A run of data at a time, and of the framing between them byte by byte.
            let run = Int(min(blindBytes, UInt64(bytes.count - index)))
            let piece = UnsafeRawBufferPointer(rebasing: bytes[index..<(index + max(run, 1))])
            if run > 0 {
                UnsafeMutableRawBufferPointer(rebasing: output[dataBytes..<(dataBytes + run)]).copyMemory(from: piece)
                dataBytes += run
            }
            switch run > 0 ? skip(UInt64(run)) : consume(piece) {
            case .more: index += piece.count
            case .complete(let count): return (.complete(bytes: index + count), dataBytes)
            case .invalid(let violation): return (.invalid(violation), dataBytes)
            }
        }
        return (.more, dataBytes)
    }
}
