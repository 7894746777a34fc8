import Glibc

/// A header of the PROXY protocol as the reference reads it, from haproxy's proxy-protocol.txt and LifeOfAConnection.md
/// alone.
struct ReferenceProxyHeader {
    enum Client: Equatable {
        case proxyItself, unnamed
        /// In network order: four octets or sixteen.
        case address([UInt8], port: Int)
    }

    var client = Client.proxyItself
    var isTLS = false
    /// 0 when there is no header.
    var count = 0

    init(_ bytes: [UInt8]) throws(ReferenceEnd) {
        let line = Array("PROXY ".utf8)
        let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
        for (begin, isLine) in [(line, true), (signature, false)] where begin.starts(with: bytes.prefix(begin.count)) {
            guard bytes.count >= begin.count else { throw .incomplete }
            if isLine { try readLine(bytes) } else { try readBinary(bytes) }
            return
        }
    }

    private mutating func readLine(_ bytes: [UInt8]) throws(ReferenceEnd) {
        guard let lineFeed = bytes.prefix(107).firstIndex(of: 10) else {
            throw bytes.count < 107 ? .incomplete : .refused
        }
        guard bytes[lineFeed - 1] == 13 else { throw .refused }
        count = lineFeed + 1
        let text = String(decoding: bytes[..<(lineFeed - 1)], as: UTF8.self)
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if words.count > 1, words[1] == "UNKNOWN" {
            client = .unnamed
            return
        }
        guard words.count == 6, let port = ReferenceProxyHeader.port(words[4]),
            ReferenceProxyHeader.port(words[5]) != nil,
            let source = ReferenceProxyHeader.octets(words[2], words[1]),
            ReferenceProxyHeader.octets(words[3], words[1]) != nil
        else { throw .refused }
        client = .address(source, port: port)
    }

    private static func port(_ text: String) -> Int? {
        guard let number = Int(text), String(number) == text, (0...65_535).contains(number) else { return nil }
        return number
    }

    private static func octets(_ text: String, _ family: String) -> [UInt8]? {
        guard !text.contains("\0") else { return nil }
        var octets = [UInt8](repeating: 0, count: family == "TCP4" ? 4 : 16)
        switch family {
        case "TCP4": return inet_pton(AF_INET, text, &octets) == 1 ? octets : nil
        case "TCP6": return inet_pton(AF_INET6, text, &octets) == 1 ? octets : nil
        case _: return nil
        }
    }

    private mutating func readBinary(_ bytes: [UInt8]) throws(ReferenceEnd) {
        guard bytes.count >= 16 else { throw .incomplete }
        count = 16 + Int(bytes[14]) * 256 + Int(bytes[15])
        guard [0x20, 0x21].contains(bytes[12]), count <= 4_096 else { throw .refused }
        let widths: [UInt8: Int] = [0: 0, 0x11: 4, 0x21: 16, 0x31: 108]
        let isProxy = bytes[12] == 0x21
        guard let width = widths[bytes[13]] ?? (isProxy ? nil : 0) else { throw .refused }
        // Two addresses, and two ports where there are any.
        let addressBytes = 2 * width + ([4, 16].contains(width) ? 4 : 0)
        guard !isProxy || count >= 16 + addressBytes else { throw .refused }
        guard bytes.count >= count else { throw .incomplete }
        guard isProxy else { return }
        for (type, value) in try ReferenceProxyHeader.values(bytes[(16 + addressBytes)..<count]) {
            if type == 3, value.count != 4 { throw .refused }
            if type == 5, value.count > 128 { throw .refused }
            guard type == 0x20 else { continue }
            guard value.count >= 5 else { throw .refused }
            _ = try ReferenceProxyHeader.values(value.dropFirst(5))
            if value[value.startIndex] % 2 == 1 { isTLS = true }
        }
        client = .unnamed
        if [4, 16].contains(width) {
            let port = 16 + 2 * width
            client = .address(Array(bytes[16..<(16 + width)]), port: Int(bytes[port]) * 256 + Int(bytes[port + 1]))
        }
    }

    private static func values(_ bytes: ArraySlice<UInt8>) throws(ReferenceEnd) -> [(UInt8, ArraySlice<UInt8>)] {
        var rest = Array(bytes)
        var values: [(UInt8, ArraySlice<UInt8>)] = []
        while !rest.isEmpty {
            guard rest.count >= 3, rest.count >= 3 + Int(rest[1]) * 256 + Int(rest[2]) else { throw .refused }
            let end = 3 + Int(rest[1]) * 256 + Int(rest[2])
            values.append((rest[0], rest[3..<end]))
            rest = Array(rest[end...])
        }
        return values
    }
}
