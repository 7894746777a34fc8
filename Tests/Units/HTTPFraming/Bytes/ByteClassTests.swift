import Testing

@testable import HTTPFraming

@Suite("Bytes are classed as the RFCs say")
struct ByteClassTests {
    static let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    @Test("the masks hold exactly their characters")
    func masks() {
        let token = Set((Self.alphanumeric + "!#$%&'*+-.^_`|~").utf8)
        let host = Set((Self.alphanumeric + "-._~!$&'()*+;=:[]%").utf8)
        let sessionID = Set((Self.alphanumeric + "._-").utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(byte.isTokenByte == token.contains(byte), "\(byte)")
            #expect(byte.isHostByte == host.contains(byte), "\(byte)")
            #expect(byte.isSessionIDByte == sessionID.contains(byte), "\(byte)")
            let digit = UInt64(String(decoding: [byte], as: UTF8.self), radix: 16)
            #expect(byte.hexadecimalValue == (byte < 0x80 ? digit : nil), "\(byte)")
        }
    }

    @Test("a control byte is found wherever it lies, and a tab or text is none")
    func controlBytes() {
        for byte in UInt8.min...UInt8.max {
            for place in [0, 3, 7, 8, 15, 16, 18] {
                var bytes = Array("text \u{E9} and more text".utf8.prefix(19))
                bytes[place] = byte
                let expected: UInt8? = (byte < 0x20 && byte != 9) || byte == 0x7F ? byte : nil
                #expect(bytes.withUnsafeBytes { $0.firstControlByte(0, 19) } == expected, "\(byte) at \(place)")
            }
        }
    }

    @Test("a name is recognised in any case and nothing else is taken for it, whatever its length")
    func names() {
        let long: StaticString = "sec-websocket-version_"
        let short: StaticString = "upgrade"
        for name in [long, short] {
            let lower = Array(name.description.utf8)
            for byte in UInt8.min...UInt8.max {
                for place in lower.indices {
                    var bytes = [0] + Array(name.description.uppercased().utf8) + [0]
                    bytes[place + 1] = byte
                    let isSame = byte.asciiLowercased == lower[place]
                    let end = lower.count + 1
                    #expect(
                        bytes.withUnsafeBytes { $0.matches(1, end, lowercased: name) } == isSame, "\(byte) at \(place)")
                }
            }
        }
        #expect("upgraded".utf8CString.withUnsafeBytes { !$0.matches(0, 8, lowercased: short) })
    }
}
