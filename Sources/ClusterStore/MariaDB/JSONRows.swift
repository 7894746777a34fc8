import MariaDB

/// Rows for a bulk statement, as the one JSON text that is bound to its `JSON_TABLE(?, …)`.
struct JSONRows {
    enum Field {
        case number(Int64)
        case text(String)
        case null
    }

    private var json = "["
    private(set) var isEmpty = true

    mutating func append(_ fields: [Field]) {
        json += isEmpty ? "[" : ",["
        isEmpty = false
        for (index, field) in fields.enumerated() {
            if index > 0 { json += "," }
            switch field {
            case .number(let number): json += String(number)
            case .text(let text): appendQuoted(text)
            case .null: json += "null"
            }
        }
        json += "]"
    }

    /// RFC 8259 §7: quotation mark, backslash and the control characters must be escaped.
    private mutating func appendQuoted(_ text: String) {
        json += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: json.unicodeScalars.append(scalar)
            }
        }
        json += "\""
    }

    var value: Value { .text(json + "]") }
}

extension JSONRows.Field {
    static func optional(_ text: String?) -> JSONRows.Field { text.map(JSONRows.Field.text) ?? .null }
}
