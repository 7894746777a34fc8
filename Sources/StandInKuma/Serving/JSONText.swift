/// Writes the few JSON texts of the stand-in node by hand: they are flat, and their order of keys is part of what tests
/// compare.
package enum JSONText {
    /// RFC 8259 §7: quotes, backslash and control characters are escaped, everything else stands as it is.
    package static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
