import ClusterCore

/// What stands in an answer: how it is written, and what is promised of it.
protocol AnswerValue: Sendable {
    static var schema: Schema { get }
    var json: JSON { get }
}

extension Bool: AnswerValue {
    static var schema: Schema { .boolean }
    var json: JSON { .bool(self) }
}

/// A count, an age or a size: never below zero.
extension Int: AnswerValue {
    static var schema: Schema { .count }
    var json: JSON { .integer(self) }
}

extension Double: AnswerValue {
    static var schema: Schema { .number }
    var json: JSON { .number(self) }
}

extension String: AnswerValue {
    static var schema: Schema { .string }
    var json: JSON { .string(self) }
}

/// Whole milliseconds, the unit of every `…_ms` field.
extension Duration: AnswerValue {
    static var schema: Schema { .count }
    var json: JSON { .integer(milliseconds) }
}

extension NodeID: AnswerValue {
    static var schema: Schema { .nodeID }
    var json: JSON { .string(text) }
}

extension BalancerID: AnswerValue {
    static var schema: Schema { .string }
    var json: JSON { .string(text) }
}

/// What a column holds may be no node's id.
extension NodeReference: AnswerValue {
    static var schema: Schema { .string }
    var json: JSON { .string(text) }
}

extension Optional: AnswerValue where Wrapped: AnswerValue {
    static var schema: Schema { .orNull(Wrapped.schema) }
    var json: JSON { map(\.json) ?? .null }
}

extension Array: AnswerValue where Element: AnswerValue {
    static var schema: Schema { .list(Element.schema) }
    var json: JSON { .array(map(\.json)) }
}

/// One of a few words, each with a meaning that never changes.
protocol AnswerWord: AnswerValue, RawRepresentable, CaseIterable where RawValue == String {
    /// What a caller may ask by: the words that answers have, and older ones for the same.
    static var askedBy: [String] { get }

    /// What a caller asks for by this word.
    init?(word: String)
}

extension AnswerWord {
    static var askedBy: [String] { allCases.map(\.rawValue) }
    init?(word: String) { self.init(rawValue: word) }
    static var schema: Schema { .words(of: Self.self) }
    var json: JSON { .string(rawValue) }
}

/// Unix seconds.
struct Timestamp: AnswerValue {
    let seconds: Int

    static var schema: Schema { .integer(nil) }
    var json: JSON { .integer(seconds) }
}

/// ISO-8601 UTC with milliseconds.
struct TimeText: AnswerValue {
    let text: String

    init(_ text: String) { self.text = text }

    static var schema: Schema { .time }
    var json: JSON { .string(text) }
}

/// Whole milliseconds that may be below zero.
struct SignedMilliseconds: AnswerValue {
    let span: Duration

    static var schema: Schema { .integer(nil) }
    var json: JSON { .integer(span.milliseconds) }
}

/// An object whose names are data, in its order.
struct AnswerMap<Value: AnswerValue>: AnswerValue {
    let entries: [(name: String, value: Value)]

    static var schema: Schema { .map(Value.schema) }
    var json: JSON { .object(entries.map { JSON.Field($0.name, $0.value.json) }) }
}
