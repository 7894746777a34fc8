/// The names by which a request claims to have come from somewhere (Stamping.md): every `X-Forwarded-…` and
/// `X-Original-…`, `Forwarded` (RFC 7239), and what proxies and delivery networks write beside them and libraries believe.
///
/// `_` counts as `-`, which it becomes in every server that passes fields on as variables (RFC 3875 §4.1.18).
enum OriginClaim {
    /// Whether the name at `start..<end`, in any case of letters, is one of those.
    static func isNamed(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
        let count = end - start
        guard count >= shortestBytes else { return false }
        func isNamed(_ name: StaticString) -> Bool {
            count == name.utf8CodeUnitCount && bytes.matches(start, dashed: name)
        }
        // Nearly every name ends here, or at a length that is none of these.
        switch bytes[start].asciiLowercased {
        case UInt8(ascii: "x"):
            return bytes.hasPrefix(start, end, dashed: "x-forwarded-")
                || bytes.hasPrefix(start, end, dashed: "x-original-") || isNamed(WireNames.realIP.lowercased)
                || isNamed("x-client-ip")
                || isNamed("x-forwarded") || isNamed("x-originating-ip") || isNamed("x-cluster-client-ip")
        case UInt8(ascii: "f"):
            return isNamed("forwarded") || isNamed("forwarded-for") || isNamed("fastly-client-ip")
        case UInt8(ascii: "t"): return isNamed("true-client-ip")
        case UInt8(ascii: "c"): return isNamed("cf-connecting-ip")
        case _: return false
        }
    }

    /// Whether a name that claims an origin has a `_` in it.
    static func isDisguised(_ start: Int, _ end: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.firstIndex(of: UInt8(ascii: "_"), from: start, to: end) != nil
    }

    /// Of `forwarded` and `x-real-ip`.
    private static let shortestBytes = 9
}

extension UnsafeRawBufferPointer {
    /// Whether `start..<end` begins with `text`, but for the case of letters and with `_` for `-`.
    /// - Parameter text: in lower case.
    fileprivate func hasPrefix(_ start: Int, _ end: Int, dashed text: StaticString) -> Bool {
        end - start >= text.utf8CodeUnitCount && matches(start, dashed: text)
    }

    /// Whether `text` lies at `start`, compared in that way; there are enough bytes for it.
    fileprivate func matches(_ start: Int, dashed text: StaticString) -> Bool {
        for offset in 0..<text.utf8CodeUnitCount {
            let byte = self[start + offset].asciiLowercased
            let dashed = byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte
            // SAFETY: `offset` is below the length of `text`.
            guard dashed == text.utf8Start[offset] else { return false }
        }
        return true
    }
}
