/// One value on its way to or from the server. Values travel bound, never inside a statement's text.
package enum Value: Sendable, Equatable {
    case null
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    /// Dates, times and decimals come as text, too, as libmariadb writes them out.
    case text(String)
    /// Of a column whose character set is `binary`.
    case bytes([UInt8])
}

extension Value {
    package static func int(_ number: Int) -> Value { .int(Int64(number)) }

    /// The text, or SQL's NULL.
    package static func optional(_ text: String?) -> Value { text.map(Value.text) ?? .null }

    /// The number, or SQL's NULL.
    package static func optional(_ number: Int64?) -> Value { number.map { Value.int($0) } ?? .null }

    var kind: String {
        switch self {
        case .null: "NULL"
        case .int: "an integer"
        case .uint: "an unsigned integer"
        case .double: "a floating-point number"
        case .text: "text"
        case .bytes: "bytes"
        }
    }
}
