import ControlAPI

/// What a value may be, in a few words.
enum SchemaWords {
    static func word(_ schema: Schema) -> String {
        switch schema {
        case .boolean: "true or false"
        case .string: "text"
        case .number: "number"
        case .count: "whole number"
        case .integer(let range, let fallback): "whole number" + bounds(range) + standard(fallback)
        case .time: "time"
        case .nodeID: "node id"
        case .words(let words): words.filter { !$0.isEmpty }.map { "`\($0)`" }.joined(separator: ", ")
        case .constant(let value): "`\(value.text)`"
        case .list(let element): "list of: \(word(element))"
        case .map(let value): "object by name, of: \(word(value))"
        case .object(let object): object.name.map { "`\($0)`" } ?? "object"
        case .anyObject(let names): "object with \(names.map { "`\($0)`" }.joined(separator: ", "))"
        case .orNull(let schema): "\(word(schema)), or null"
        }
    }

    /// The object without a name in a schema, and how its fields are reached.
    static func inner(_ schema: Schema) -> (object: Schema.Object, suffix: String)? {
        switch schema {
        case .object(let object): object.name == nil ? (object, ".") : nil
        case .list(let element): inner(element).map { ($0.object, "[]" + $0.suffix) }
        case .map(let value): inner(value).map { ($0.object, ".*" + $0.suffix) }
        case .orNull(let schema): inner(schema)
        case .boolean, .string, .number, .count, .integer, .time, .nodeID, .words, .constant, .anyObject: nil
        }
    }

    private static func bounds(_ range: ClosedRange<Int>?) -> String {
        guard let range else { return "" }
        let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
        return " from \(range.lowerBound)" + most
    }

    private static func standard(_ fallback: Int?) -> String { fallback.map { ", else \($0)" } ?? "" }
}
