/// An object of an answer: its fields are said once, and both its JSON and its description are made from them.
protocol AnswerObject: AnswerValue {
    /// Under which several answers share it; nil where it is described in its place.
    static var name: String? { get }
    static var fields: AnswerFields<Self> { get }
}

extension AnswerObject {
    static var name: String? { nil }
    static var schema: Schema { .object(Schema.Object(name: name, fields.table.map(\.description))) }
    var json: JSON {
        .object(Self.fields.table.compactMap { field in field.read(self).map { JSON.Field(field.name, $0) } })
    }
}

/// The fields of an object, in the order in which answers have them.
struct AnswerFields<Root: Sendable>: Sendable {
    struct Entry: Sendable {
        let description: Schema.Field
        /// Nil where the field is left out.
        let read: @Sendable (Root) -> JSON?

        var name: String { description.name }
    }

    private(set) var table: [Entry] = []

    init(_ build: (inout AnswerFields) -> Void) { build(&self) }

    /// - Parameter meaning: for people; the unit where the name does not end in it.
    mutating func field<Value: AnswerValue>(
        _ name: String, _ path: any KeyPath<Root, Value> & Sendable, _ meaning: String
    ) {
        table.append(Entry(description: Schema.Field(name, Value.schema, meaning)) { $0[keyPath: path].json })
    }

    /// Left out where it is nil, and not null.
    mutating func sometimes<Value: AnswerValue>(
        _ name: String, _ path: any KeyPath<Root, Value?> & Sendable, _ meaning: String
    ) {
        let description = Schema.Field(name, Value.schema, meaning, .sometimes)
        table.append(Entry(description: description) { $0[keyPath: path]?.json })
    }

    /// `true` where it holds, left out otherwise.
    mutating func mark(_ name: String, _ path: any KeyPath<Root, Bool> & Sendable, _ meaning: String) {
        let description = Schema.Field(name, .constant(true), meaning, .sometimes)
        table.append(Entry(description: description) { $0[keyPath: path] ? .bool(true) : nil })
    }

    /// The same in every answer.
    mutating func constant(_ name: String, _ value: JSON, _ meaning: String) {
        table.append(Entry(description: Schema.Field(name, .constant(value), meaning)) { _ in value })
    }

    /// The fields of another object, beside those of this one.
    mutating func include<Part: AnswerObject>(_ path: any KeyPath<Root, Part> & Sendable) {
        table += Part.fields.table.map { entry in
            Entry(description: entry.description) { entry.read($0[keyPath: path]) }
        }
    }

    /// The same, where it may be missing: then all its fields are left out.
    mutating func include<Part: AnswerObject>(ifThere path: any KeyPath<Root, Part?> & Sendable) {
        table += Part.fields.table.map { entry in
            let known = entry.description
            return Entry(description: Schema.Field(known.name, known.schema, known.meaning, .sometimes)) {
                $0[keyPath: path].flatMap { entry.read($0) }
            }
        }
    }
}
