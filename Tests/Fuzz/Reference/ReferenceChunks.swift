/// Takes a chunked body apart, byte after byte.
struct ReferenceChunks {
    private let bytes: [UInt8]
    private(set) var end: Int
    private(set) var data: [UInt8] = []
    private var extensionBytes = 0

    private static let forbiddenTrailers: Set<String> = [
        "content-length", "transfer-encoding", "host", "connection", "te", "trailer", "upgrade", "keep-alive",
        "proxy-connection", "http2-settings", "expect", "cookie", "set-cookie", "authorization", "proxy-authorization",
        "content-type", "content-encoding", "content-range",
    ]

    private static func isForbidden(_ name: String) -> Bool {
        let dashed = ReferenceClaims.dashed(name)
        return forbiddenTrailers.contains(dashed) || dashed.hasPrefix("x-routed-") || ReferenceClaims.isClaim(dashed)
            || ReferenceClaims.stamped.contains(dashed)
    }

    init(_ bytes: [UInt8], at start: Int) throws(ReferenceEnd) {
        self.bytes = bytes
        end = start
        while try readChunk() {}
        try readTrailers()
    }

    private mutating func take() throws(ReferenceEnd) -> UInt8 {
        guard end < bytes.count else { throw .incomplete }
        end += 1
        return bytes[end - 1]
    }

    private mutating func expect(_ byte: UInt8) throws(ReferenceEnd) {
        guard try take() == byte else { throw .refused }
    }

    /// Whether it was one with data.
    private mutating func readChunk() throws(ReferenceEnd) -> Bool {
        var digits = ""
        var byte = try take()
        while let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 {
            digits += String(digit, radix: 16)
            guard digits.count <= 16, Int(digits, radix: 16) != nil else { throw .refused }
            byte = try take()
        }
        guard let size = Int(digits, radix: 16) else { throw .refused }
        while byte == UInt8(ascii: ";") { byte = try readExtension() }
        guard byte == 13 else { throw .refused }
        try expect(10)
        if size == 0 { return false }
        guard bytes.count - end >= size else { throw .incomplete }
        data += bytes[end..<(end + size)]
        end += size
        try expect(13)
        try expect(10)
        return true
    }

    /// What follows a semicolon.
    /// - Returns: the byte behind the extension.
    private mutating func readExtension() throws(ReferenceEnd) -> UInt8 {
        try count(1)
        var byte = try readToken(from: try take())
        guard byte == UInt8(ascii: "=") else { return byte }
        try count(1)
        byte = try take()
        guard byte == UInt8(ascii: "\"") else { return try readToken(from: byte) }
        try count(1)
        while true {
            byte = try take()
            guard byte == 9 || (byte >= 32 && byte != 127) else { throw .refused }
            try count(1)
            if byte == UInt8(ascii: "\"") { return try take() }
            guard byte == UInt8(ascii: "\\") else { continue }
            byte = try take()
            guard byte == 9 || (byte >= 32 && byte != 127) else { throw .refused }
            try count(1)
        }
    }

    private mutating func readToken(from first: UInt8) throws(ReferenceEnd) -> UInt8 {
        var byte = first
        guard isTokenByte(byte) else { throw .refused }
        while isTokenByte(byte) {
            try count(1)
            byte = try take()
        }
        return byte
    }

    private mutating func count(_ more: Int) throws(ReferenceEnd) {
        extensionBytes += more
        guard extensionBytes <= 4_096 else { throw .refused }
    }

    private mutating func readTrailers() throws(ReferenceEnd) {
        for _ in 0...32 {
            var byte = try take()
            if byte == 13 {
                try expect(10)
                return
            }
            var name: [UInt8] = []
            while byte != UInt8(ascii: ":") {
                guard isTokenByte(byte) else { throw .refused }
                name.append(byte)
                byte = try take()
            }
            let text = String(decoding: name, as: UTF8.self).lowercased()
            guard !name.isEmpty, !ReferenceChunks.isForbidden(text) else { throw .refused }
            byte = try take()
            while byte != 13 {
                guard byte == 9 || (byte >= 32 && byte != 127) else { throw .refused }
                byte = try take()
            }
            try expect(10)
        }
        throw .refused
    }
}
