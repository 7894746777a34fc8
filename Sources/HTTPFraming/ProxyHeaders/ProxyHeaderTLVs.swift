/// The values behind the addresses of a header of version 2: a type, two bytes of length, and as many bytes of value (§2.2).
enum ProxyHeaderTLVs {
    private static let prefixBytes = 3
    private static let checksum: UInt8 = 0x03
    private static let uniqueID: UInt8 = 0x05
    private static let tls: UInt8 = 0x20

    private static let checksumBytes = 4
    /// "up to 128 bytes" (§2.2.5).
    private static let uniqueIDBytes = 128
    /// One byte of flags and four of the certificate's check, before TLVs of its own (§2.2.6).
    private static let tlsFixedBytes = 5
    /// `PP2_CLIENT_SSL`: the client came with TLS. Without it the others say nothing.
    private static let tlsFlag: UInt8 = 1

    /// What `start..<end` says of the client's connection.
    /// - Returns: nil when a length is wrong.
    static func transport(in bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> ClientTransport? {
        var transport = ClientTransport.plain
        var place = start
        while place < end {
            guard let value = value(in: bytes, at: place, end) else { return nil }
            switch bytes[place] {
            case checksum: guard value.count == checksumBytes else { return nil }
            case uniqueID: guard value.count <= uniqueIDBytes else { return nil }
            case tls:
                let inner = value.dropFirst(tlsFixedBytes)
                guard value.count >= tlsFixedBytes, isSequence(in: bytes, inner) else { return nil }
                if bytes[value.lowerBound] & tlsFlag != 0 { transport = .tls }
            case _: break
            }
            place = value.upperBound
        }
        return transport
    }

    /// Where the value of the TLV at `place` lies; nil when it does not end by `end`.
    private static func value(in bytes: UnsafeRawBufferPointer, at place: Int, _ end: Int) -> Range<Int>? {
        let start = place + prefixBytes
        guard start <= end else { return nil }
        let length = Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
        guard length <= end - start else { return nil }
        return start..<(start + length)
    }

    private static func isSequence(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var place = range.lowerBound
        while place < range.upperBound {
            guard let value = value(in: bytes, at: place, range.upperBound) else { return false }
            place = value.upperBound
        }
        return true
    }
}
