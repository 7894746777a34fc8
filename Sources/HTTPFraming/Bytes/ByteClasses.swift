/// The character classes of RFC 9110 §5.6.2 and RFC 3986, as tests on one byte. Sets are two 64-bit masks, one for each
/// half of ASCII: constants in registers rather than a table behind a lazily initialised global.
extension UInt8 {
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// White space within a line.
    var isBlank: Bool { self == .space || self == .tab }

    var isDigit: Bool { self &- 0x30 < 10 }

    /// C0 controls and DEL.
    var isControl: Bool { self < 0x20 || self == 0x7F }

    var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// `tchar`: letters, digits and ``!#$%&'*+-.^_`|~``.
    var isTokenByte: Bool { isMember(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// What an authority without userinfo is made of: letters, digits, `-._~!$&'()*+;=:[]%`. The comma, which RFC 3986
    /// allows, is left out: a host that reads as a list is an attempt to be read twice.
    var isHostByte: Bool { isMember(low: 0x2FFF_6FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE) }

    /// `[A-Za-z0-9._-]`: URL-safe base64, of which Engine.IO makes its session ids, and the dot.
    var isSessionIDByte: Bool { isMember(low: 0x03FF_6000_0000_0000, high: 0x07FF_FFFE_87FF_FFFE) }

    /// `[A-Za-z0-9+/]` (RFC 4648 §4).
    var isBase64Digit: Bool {
        isDigit || asciiLowercased &- 0x61 < 26 || self == UInt8(ascii: "+") || self == UInt8(ascii: "/")
    }

    /// What a quoted string is made of, quotes and backslashes included: blanks, visible characters and bytes beyond ASCII
    /// (RFC 9110 §5.6.4).
    var isQuotable: Bool { !isControl || self == .tab }

    /// The value of a hexadecimal digit.
    var hexadecimalValue: UInt64? {
        if isDigit { return UInt64(self &- 0x30) }
        let letter = asciiLowercased &- 0x61
        return letter < 6 ? UInt64(letter) + 10 : nil
    }

    private func isMember(low: UInt64, high: UInt64) -> Bool {
        guard self < 0x80 else { return false }
        return (self < 0x40 ? low : high) &>> UInt64(self & 0x3F) & 1 == 1
    }
}

extension UInt64 {
    /// Eight bytes, each as `UInt8.asciiLowercased`.
    ///
    /// In the low seven bits of a byte, adding `0x80 - n` carries into its top bit exactly when it is at least `n`: a byte
    /// is a capital when it is at least `A`, not above `Z`, and its own top bit is clear.
    var asciiLowercased: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones &* 0x80
        let low = self & ~tops
        let isCapital = (low &+ ones &* (0x80 - 0x41)) & ~(low &+ ones &* (0x80 - 0x5B)) & ~self & tops
        return self | isCapital &>> 2
    }
}
