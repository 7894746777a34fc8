import ClusterCore

/// A JSON value whose objects keep the order in which their fields were written: the API promises a stable order, old
/// fields first, and `JSONEncoder` promises none (it sorts or shuffles).
package indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Field])

    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The same object with further fields at its end; any other value stays as it is.
    package func adding(_ more: [Field]) -> JSON {
        guard case .object(let fields) = self else { return self }
        return .object(fields + more)
    }

    /// As RFC 8259 writes it, without white space.
    package var text: String {
        var text = ""
        write(into: &text)
        return text
    }

    private func write(into text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        // JSON has no infinity and no NaN; Swift's shortest decimal form is valid JSON otherwise.
        case .number(let number): text += number.isFinite ? String(number) : "null"
        case .string(let string): JSONString.append(string, to: &text)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                item.write(into: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                JSONString.append(field.name, to: &text)
                text += ":"
                field.value.write(into: &text)
            }
            text += "}"
        }
    }
}

extension JSON: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Field($0.0, $0.1) })
    }
}

extension JSON: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}

extension JSON: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
