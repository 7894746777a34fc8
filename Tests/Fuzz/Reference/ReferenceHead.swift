/// How a reading of the reference ends.
enum ReferenceEnd: Error {
    /// The bytes stop before the message does.
    case incomplete
    /// No strict server would take this.
    case refused
}

/// A second reading of HTTP/1, written from RFC 9112 and Strictness.md alone: with arrays, line by line, slow and plain. It
/// shares no code with what it is compared to.
struct ReferenceHead {
    /// The first line, without its CRLF.
    var firstLine: [UInt8]
    /// Names in lower case, values without the white space around them.
    var fields: [(name: String, value: [UInt8])] = []
    /// Offset of the body.
    var end: Int

    struct Limits {
        var firstLine: Int
        var head: Int
        var fields: Int
        var connection = 1_024
    }

    init(_ bytes: [UInt8], at start: Int, limits: Limits) throws(ReferenceEnd) {
        var lines: [ArraySlice<UInt8>] = []
        var lineStart = start
        while true {
            guard let lineFeed = bytes[lineStart...].firstIndex(of: 10) else {
                if lines.isEmpty, bytes.count - start > limits.firstLine + 1 { throw .refused }
                if bytes.count - start > limits.head { throw .refused }
                throw .incomplete
            }
            guard lineFeed > lineStart, bytes[lineFeed - 1] == 13 else { throw .refused }
            let line = bytes[lineStart..<(lineFeed - 1)]
            if lines.isEmpty, line.count > limits.firstLine { throw .refused }
            if lineFeed + 1 - start > limits.head { throw .refused }
            lineStart = lineFeed + 1
            if line.isEmpty, !lines.isEmpty { break }
            lines.append(line)
        }
        end = lineStart
        firstLine = Array(lines.removeFirst())
        guard lines.count <= limits.fields, !hasControls(firstLine[...]) else { throw .refused }
        for line in lines { fields.append(try ReferenceHead.field(line)) }
        guard values("connection").map(\.count).reduce(0, +) <= limits.connection else { throw .refused }
        guard values("transfer_encoding").isEmpty, values("content_length").isEmpty else { throw .refused }
    }

    private static func field(_ line: ArraySlice<UInt8>) throws(ReferenceEnd) -> (name: String, value: [UInt8]) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { throw .refused }
        let name = line[..<colon]
        guard name.allSatisfy(isTokenByte), !hasControls(line) else { throw .refused }
        return (String(decoding: name, as: UTF8.self).lowercased(), Array(stripped(line[(colon + 1)...])))
    }

    func values(_ name: String) -> [[UInt8]] { fields.filter { $0.name == name }.map(\.value) }

    /// The elements of all lines of this name, in lower case, empty ones included; empty when there is no such line.
    func elements(_ name: String) -> [String] {
        values(name).flatMap { value in
            value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
                String(decoding: stripped($0), as: UTF8.self).lowercased()
            }
        }
    }

    /// Whether a `Transfer-Encoding` of just `chunked` is there.
    func isChunked(isHTTP10: Bool) throws(ReferenceEnd) -> Bool {
        let codings = elements("transfer-encoding")
        if codings.isEmpty { return false }
        guard codings == ["chunked"], !isHTTP10, values("content-length").isEmpty else { throw .refused }
        return true
    }

    /// The one length that all `Content-Length` say.
    func length() throws(ReferenceEnd) -> Int? {
        let lengths = elements("content-length")
        guard let first = lengths.first else { return nil }
        var parsed: [Int] = []
        for text in lengths {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
                throw .refused
            }
            parsed.append(number)
        }
        guard let number = Int(first), parsed.allSatisfy({ $0 == number }) else { throw .refused }
        return number
    }
}

func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
    case _: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

/// Whether there is a control byte other than a tab.
func hasControls(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.contains { $0 < 9 || (10..<32).contains($0) || $0 == 127 }
}

func stripped(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isText = { (byte: UInt8) in byte != 32 && byte != 9 }
    guard let first = bytes.firstIndex(where: isText), let last = bytes.lastIndex(where: isText) else { return [] }
    return bytes[first...last]
}
