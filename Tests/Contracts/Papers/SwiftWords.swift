/// The words that a Swift file is made of: the parts of its names, and the words of its comments. What stands in quotes is
/// neither.
struct SwiftWords {
    struct Use: Hashable {
        let line: Int
        /// In lower case.
        let word: String
        let place: Place
    }

    enum Place { case name, comment }

    private(set) var uses: [Use] = []
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        while index < bytes.count { step() }
    }

    private func isNext(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[index + $0] == text.utf8Start[$0] }
    }

    private mutating func step() {
        if isNext("//") { return readComment() }
        if isNext("\"\"\"") { return skipQuoted(until: "\"\"\"") }
        if isNext("\"") { return skipQuoted(until: "\"") }
        if bytes[index].isLetter { return readName() }
        advance()
    }

    private mutating func advance() {
        if bytes[index] == UInt8(ascii: "\n") { line += 1 }
        index += 1
    }

    private mutating func readComment() {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            if bytes[index].isLetter { readParts(as: .comment) } else { index += 1 }
        }
    }

    private mutating func readName() {
        while index < bytes.count, bytes[index].isLetter || bytes[index].isDigit || bytes[index] == UInt8(ascii: "_") {
            if bytes[index].isLetter { readParts(as: .name) } else { index += 1 }
        }
    }

    /// An interpolation's own quotes come in pairs, so that after them the text goes on as it should.
    private mutating func skipQuoted(until quote: StaticString) {
        index += quote.utf8CodeUnitCount
        while index < bytes.count, !isNext(quote) {
            if bytes[index] == UInt8(ascii: "\\") { index += 1 }
            if index < bytes.count { advance() }
        }
        index += quote.utf8CodeUnitCount
    }

    /// A run of letters, parted where a capital begins a new word: `maxHTTPWish` is max, http and wish.
    private mutating func readParts(as place: Place) {
        var part: [UInt8] = []
        while index < bytes.count, bytes[index].isLetter {
            let isCapital = bytes[index].isCapital
            let endsCapitals = index + 1 < bytes.count && bytes[index + 1].isLetter && !bytes[index + 1].isCapital
            if isCapital, let last = part.last, !last.isCapital || endsCapitals {
                keep(part, place)
                part = []
            }
            part.append(bytes[index])
            index += 1
        }
        keep(part, place)
    }

    private mutating func keep(_ part: [UInt8], _ place: Place) {
        uses.append(Use(line: line, word: String(decoding: part, as: UTF8.self).lowercased(), place: place))
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (0x61...0x7A).contains(self) || isCapital }
    fileprivate var isCapital: Bool { (0x41...0x5A).contains(self) }
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}
