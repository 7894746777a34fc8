import ClusterCore

/// The parts of JSON Schema (2020-12, as OpenAPI 3.1 uses it) that describe our answers.
enum Schema {
    static let string: JSON = ["type": "string"]
    static let boolean: JSON = ["type": "boolean"]
    static let number: JSON = ["type": "number"]
    /// Counts, ages and sizes: never below zero.
    static let integer: JSON = ["type": "integer", "minimum": .integer(0)]
    /// Unix seconds.
    static let timestamp: JSON = ["type": "integer", "description": "Unix seconds."]
    /// ISO-8601 UTC with milliseconds.
    static let time: JSON = ["type": "string", "format": "date-time"]
    static let nodeID: JSON = ["type": "string", "pattern": .string(NodeID.pattern)]

    static func words(_ words: [String]) -> JSON { ["type": "string", "enum": .array(words.map { .string($0) })] }

    static func words<Word: RawRepresentable & CaseIterable>(of type: Word.Type) -> JSON
    where Word.RawValue == String {
        words(type.allCases.map(\.rawValue))
    }

    static func constant(_ value: JSON) -> JSON { ["const": value] }
    static func list(_ element: JSON) -> JSON { ["type": "array", "items": element] }
    /// An object whose names are data, such as node ids.
    static func map(_ value: JSON) -> JSON { ["type": "object", "additionalProperties": value] }
    static func reference(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }
    static func orNull(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }

    /// - Parameters:
    ///   - always: what every such object has, in its order.
    ///   - sometimes: what it has when there is something to say.
    static func object(_ always: [JSON.Field], sometimes: [JSON.Field] = []) -> JSON {
        let object: JSON = ["type": "object", "properties": .object(always + sometimes)]
        guard !always.isEmpty else { return object }
        return object.adding([JSON.Field("required", .array(always.map { .string($0.name) }))])
    }

    /// An answer from the cluster's state: marked while the database is away.
    static func state(_ always: [JSON.Field], sometimes: [JSON.Field] = []) -> JSON {
        object(
            always,
            sometimes: sometimes + [
                JSON.Field("stale", constant(true)), JSON.Field("database", reference("DatabaseAway")),
            ])
    }
}

extension JSON: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

/// A field of a schema, in the order in which answers have it.
infix operator ~> : AssignmentPrecedence

func ~> (name: String, schema: JSON) -> JSON.Field { JSON.Field(name, schema) }
