/// A text as JSON writes it: the only place that escapes a `String` for JSON. (The access log writes bytes that need be no
/// UTF-8, by a rule of its own: `AccessLine`.)
package enum JSONString {
    /// In quotation marks.
    package static func quoted(_ text: String) -> String {
        var result = ""
        append(text, to: &result)
        return result
    }

    /// Appends the text in quotation marks.
    package static func append(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                result += "\\"
                result.unicodeScalars.append(scalar)
            } else if isControl(scalar) {
                result += escaped(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }

    /// RFC 8259 §7 asks for U+0000 to U+001F; U+007F to U+009F as well, which a terminal that shows the text would obey, and the
    /// two separators at which some readers end a line.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x2029: true
        case _: false
        }
    }

    /// A control character, by its short name where it has one.
    package static func escaped(_ control: Unicode.Scalar) -> String {
        switch control {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case _:
            let digits = String(control.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}
