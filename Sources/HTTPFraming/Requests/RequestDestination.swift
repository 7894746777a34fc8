/// Who a request is for, judged by the exact bytes of its path as they are forwarded (Strictness.md).
package enum RequestDestination: Equatable, Sendable {
    /// `/lb`, `/lb/…` and the older names: the control API.
    case controlAPI
    /// Everything else, other spellings of the above included.
    case node(NodeResource)

    /// - Parameters:
    ///   - path: where the path lies in `bytes`.
    ///   - query: where the query, without `?`, lies in `bytes`.
    init(path: ByteRange, query: ByteRange, of bytes: UnsafeRawBufferPointer) {
        let (start, end) = (Int(path.start), Int(path.end))
        self = .node(.anything)
        // Every name below has at least three bytes, and most paths differ from all of them in the second.
        guard path.count >= 3 else { return }
        switch bytes[start + 1] {
        case UInt8(ascii: "l"):
            guard bytes.hasPrefix(start, end, WireNames.apiRoot) else { return }
            if path.count == 3 { self = .controlAPI }
            if path.count > 3, bytes[start + 3] == UInt8(ascii: "/"),
                !RequestDestination.isAmbiguous(start, end, of: bytes)
            {
                self = .controlAPI
            }
        case UInt8(ascii: "h"):
            if RequestDestination.isOlderPath(start, end, of: bytes) { self = .controlAPI }
        case UInt8(ascii: "a"):
            guard bytes.hasPrefix(start, end, "/api/") else { return }
            if let id = RequestDestination.monitor(start, end, of: bytes) {
                self = .node(.monitor(id: id))
            } else if RequestDestination.isOlderPath(start, end, of: bytes) {
                self = .controlAPI
            }
        case UInt8(ascii: "s"):
            guard bytes.hasPrefix(start, end, "/socket.io/") else { return }
            self = .node(.socketIO(session: RequestDestination.session(query, of: bytes)))
        case _: break
        }
    }

    /// Whether a path below `/lb/` could mean something else to a server that normalises: an empty or a dot segment, an
    /// encoded slash, backslash, NUL or dot. Such a path is no path of the API's.
    private static func isAmbiguous(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
        var segmentStart = start + 1
        var index = segmentStart
        while index <= end {
            if index == end || bytes[index] == UInt8(ascii: "/") {
                if index < end, index == segmentStart { return true }
                if bytes.equals(segmentStart, index, ".") || bytes.equals(segmentStart, index, "..") { return true }
                segmentStart = index + 1
            } else if bytes[index] == UInt8(ascii: "\\") {
                return true
            } else if bytes[index] == UInt8(ascii: "%"), index + 3 <= end {
                let names: (StaticString, StaticString, StaticString, StaticString) = ("2f", "5c", "00", "2e")
                let (from, to) = (index + 1, index + 3)
                if bytes.matches(from, to, lowercased: names.0) || bytes.matches(from, to, lowercased: names.1)
                    || bytes.matches(from, to, lowercased: names.2) || bytes.matches(from, to, lowercased: names.3)
                {
                    return true
                }
            }
            index += 1
        }
        return false
    }

    /// Whether the path is one of those that scripts of the old system know; most differ in their length from all of them.
    private static func isOlderPath(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
        for path in WireNames.olderPaths where bytes.equals(start, end, path.old) { return true }
        return false
    }

    /// The id of `/api/v1/monitors/{id}`, with or without more segments behind it.
    private static func monitor(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.hasPrefix(start, end, "/api/v1/monitors/") else { return nil }
        let first = start + 17
        let slash = bytes.firstIndex(of: UInt8(ascii: "/"), from: first, to: end)
        return bytes.decimal(first..<(slash ?? end)).flatMap { Int64(exactly: $0) }
    }

    private static func session(_ query: ByteRange, of bytes: UnsafeRawBufferPointer) -> ByteRange {
        guard let value = QueryScanner.value(of: "sid", in: query, of: bytes) else { return .absent }
        return value.count <= FramingLimits.sessionIDBytes ? value : .absent
    }
}

/// What a request wants of a node, as far as it decides which one (ChoosingANode.md).
package enum NodeResource: Equatable, Sendable {
    case anything
    /// `/socket.io/`: the value of the query's `sid`, as sent; empty for a first request.
    case socketIO(session: ByteRange)
    /// `/api/v1/monitors/{id}` and what is below it.
    case monitor(id: Int64)
}
