import ClusterCore
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
            case .text(let text): JSONString.append(text, to: &json)
            case .null: json += "null"
            }
        }
        json += "]"
    }

    var value: Value { .text(json + "]") }
}

extension JSONRows.Field {
    static func optional(_ text: String?) -> JSONRows.Field { text.map(JSONRows.Field.text) ?? .null }
}
