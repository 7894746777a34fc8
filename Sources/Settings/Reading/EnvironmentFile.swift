import Secrets

/// A file of `KEY=VALUE` lines, as systemd's `EnvironmentFile=` reads it (systemd.exec(5)), so that a file means the same
/// here and in a unit. Beyond that, `export` before a name is tolerated. What systemd passes over without a word – a line
/// without `=`, a name that is none, a quote that nobody closes – is a problem here: it may have been a setting.
enum EnvironmentFile {
    static func parse(_ text: String, path: String, problems: inout [SettingProblem]) -> [String: Secret] {
        var scanner = EnvironmentFileScanner()
        for byte in text.utf8 { scanner.take(byte) }
        scanner.end()
        problems += scanner.faults.map { line, fault in
            // Nothing of the line is shown: it may be the tail of a secret.
            SettingProblem(key: "\(path):\(line)", reason: fault.rawValue)
        }
        return scanner.values
    }
}

/// Reads such a file byte by byte, by the states of systemd's own reader (`parse_env_file_internal`, as of version 254:
/// before, a backslash at the end of a comment made the next line one, too).
struct EnvironmentFileScanner {
    enum Fault: String {
        case noAssignment = "is no KEY=VALUE line"
        case noName = "has no name of a variable before the ="
        case openQuote = "opens a quote that is not closed"
        case zeroByte = "has a zero byte, which no variable can have; is the file UTF-16?"
    }

    private enum State {
        /// At the beginning of a line.
        case start
        case comment
        case name
        /// After `=` or a closing quote.
        case beforeValue
        case value
        /// After a backslash.
        case escaped
        case singleQuoted
        case doubleQuoted
        case escapedInQuotes
    }

    private(set) var values: [String: Secret] = [:]
    private(set) var faults: [(line: Int, fault: Fault)] = []
    private var state = State.start
    private var line = 1
    /// Where the present assignment, or its last quote, began.
    private var beginning = 1
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    /// Without the white space at the value's end, which counts only when it is quoted or escaped.
    private var valueBytes = 0

    mutating func take(_ byte: UInt8) {
        if byte == 0 { faults.append((line, .zeroByte)) }
        defer { if byte == UInt8(ascii: "\n") { line += 1 } }
        switch state {
        case .start: begin(byte)
        case .comment: if EnvironmentFileScanner.isLineEnd(byte) { state = .start }
        case .name: extendName(byte)
        case .beforeValue: beginValue(byte)
        case .value: extendValue(byte)
        case .escaped:
            state = .value
            // A line that ends with a backslash goes on in the next one.
            if !EnvironmentFileScanner.isLineEnd(byte) { keep(byte) }
        case .singleQuoted: if byte == UInt8(ascii: "'") { state = .beforeValue } else { keep(byte) }
        case .doubleQuoted:
            switch byte {
            case UInt8(ascii: "\""): state = .beforeValue
            case UInt8(ascii: "\\"): state = .escapedInQuotes
            case _: keep(byte)
            }
        case .escapedInQuotes:
            state = .doubleQuoted
            guard byte != UInt8(ascii: "\n") else { return }
            // As a shell does: a backslash before anything else stays.
            if !"\"\\`$".utf8.contains(byte) { keep(UInt8(ascii: "\\")) }
            keep(byte)
        }
    }

    /// The end of the file.
    mutating func end() {
        switch state {
        case .start, .comment: break
        case .name: faults.append((beginning, .noAssignment))
        case .beforeValue, .value, .escaped: assign()
        case .singleQuoted, .doubleQuoted, .escapedInQuotes: faults.append((beginning, .openQuote))
        }
        state = .start
    }

    private mutating func begin(_ byte: UInt8) {
        if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
            state = .comment
        } else if !EnvironmentFileScanner.isSpace(byte) {
            (state, beginning, name, value, valueBytes) = (.name, line, [], [], 0)
            extendName(byte)
        }
    }

    private mutating func extendName(_ byte: UInt8) {
        if EnvironmentFileScanner.isLineEnd(byte) {
            faults.append((line, .noAssignment))
            state = .start
        } else if byte == UInt8(ascii: "=") {
            state = .beforeValue
        } else {
            name.append(byte)
        }
    }

    private mutating func beginValue(_ byte: UInt8) {
        switch byte {
        case _ where EnvironmentFileScanner.isLineEnd(byte): assign()
        case UInt8(ascii: "'"): (state, beginning) = (.singleQuoted, line)
        case UInt8(ascii: "\""): (state, beginning) = (.doubleQuoted, line)
        case UInt8(ascii: "\\"): state = .escaped
        case _ where EnvironmentFileScanner.isSpace(byte): break
        case _:
            state = .value
            keep(byte)
        }
    }

    private mutating func extendValue(_ byte: UInt8) {
        if EnvironmentFileScanner.isLineEnd(byte) {
            assign()
        } else if byte == UInt8(ascii: "\\") {
            state = .escaped
            valueBytes = value.count
        } else if EnvironmentFileScanner.isSpace(byte) {
            value.append(byte)
        } else {
            keep(byte)
        }
    }

    private mutating func keep(_ byte: UInt8) {
        value.append(byte)
        valueBytes = value.count
    }

    private mutating func assign() {
        state = .start
        var words = name.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .map { String(decoding: $0, as: UTF8.self) }
        if words.first == "export" { words.removeFirst() }
        let key = words.joined(separator: " ")
        guard EnvironmentFileScanner.isName(key) else { return faults.append((line, .noName)) }
        values[key] = Secret(String(decoding: value[..<valueBytes], as: UTF8.self))
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    private static func isSpace(_ byte: UInt8) -> Bool {
        isLineEnd(byte) || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// As POSIX has it (XBD 3.216).
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            case _: false
            }
        }
    }
}
