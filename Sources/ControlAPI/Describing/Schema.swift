import ClusterCore

/// What a value of an answer, a parameter or a body may be. `/lb/openapi.json` and the page of endpoints are both written
/// from it.
package indirect enum Schema: Sendable {
    case boolean
    case string
    case number
    /// A count, an age or a size: a whole number, never below zero.
    case count
    /// - Parameter fallback: what holds where it is not sent.
    case integer(ClosedRange<Int>?, fallback: Int? = nil)
    /// ISO-8601 UTC with milliseconds.
    case time
    case nodeID
    case words([String])
    case constant(JSON)
    case list(Schema)
    /// An object whose names are data, such as node ids.
    case map(Schema)
    case object(Object)
    /// Any object that has these names at least.
    case anyObject(having: [String])
    case orNull(Schema)

    /// A JSON object with a fixed set of names.
    package struct Object: Sendable {
        /// Under which several answers share it; nil where it is described in its place.
        package let name: String?
        /// In the order in which `/lb/openapi.json` and the page have them.
        package let fields: [Field]

        init(name: String? = nil, _ fields: [Field]) {
            self.name = name
            self.fields = fields
        }
    }

    /// One name of an object.
    package struct Field: Sendable {
        /// Whether the name is there in every object.
        package enum Presence: Sendable {
            case always
            /// Where there is something to say.
            case sometimes
        }

        package let name: String
        package let schema: Schema
        /// For people: a sentence, or a few words with a full stop.
        package let meaning: String
        package let presence: Presence

        init(_ name: String, _ schema: Schema, _ meaning: String, _ presence: Presence = .always) {
            self.name = name
            self.schema = schema
            self.meaning = meaning
            self.presence = presence
        }

        func narrowed(to schema: Schema) -> Field { Field(name, schema, meaning, presence) }
    }

    static func words<Word: RawRepresentable & CaseIterable>(of type: Word.Type) -> Schema
    where Word.RawValue == String {
        .words(type.allCases.map(\.rawValue))
    }

    /// The objects that are named in it, each once, those within others first.
    package var named: [Object] {
        switch self {
        case .boolean, .string, .number, .count, .integer, .time, .nodeID, .words, .constant, .anyObject: []
        case .list(let element), .map(let element), .orNull(let element): element.named
        case .object(let object): object.fields.flatMap(\.schema.named) + (object.name == nil ? [] : [object])
        }
    }
}

/// As JSON Schema (2020-12, as OpenAPI 3.1 uses it).
extension Schema {
    var json: JSON {
        switch self {
        case .boolean: ["type": "boolean"]
        case .string: ["type": "string"]
        case .number: ["type": "number"]
        case .count: ["type": "integer", "minimum": .integer(0)]
        case .integer(let range, let fallback): Schema.integer(range, fallback)
        case .time: ["type": "string", "format": "date-time"]
        case .nodeID: ["type": "string", "pattern": .string(NodeID.pattern)]
        case .words(let words): ["type": "string", "enum": JSON(words)]
        case .constant(let value): ["const": value]
        case .list(let element): ["type": "array", "items": element.json]
        case .map(let value): ["type": "object", "additionalProperties": value.json]
        case .object(let object):
            object.name.map { ["$ref": .string("#/components/schemas/\($0)")] } ?? object.json
        case .anyObject(let names): ["type": "object", "required": JSON(names)]
        case .orNull(let schema): ["anyOf": [schema.json, ["type": "null"]]]
        }
    }

    private static func integer(_ range: ClosedRange<Int>?, _ fallback: Int?) -> JSON {
        var fields: [JSON.Field] = []
        if let range {
            fields.append(JSON.Field("minimum", .integer(range.lowerBound)))
            fields.append(JSON.Field("maximum", .integer(range.upperBound)))
        }
        if let fallback { fields.append(JSON.Field("default", .integer(fallback))) }
        let type: JSON = ["type": "integer"]
        return type.adding(fields)
    }
}

extension Schema.Object {
    /// The object itself, where others may refer to it.
    var json: JSON {
        let properties = fields.map { field in
            JSON.Field(field.name, field.schema.json.adding([JSON.Field("description", .string(field.meaning))]))
        }
        let required = fields.compactMap { field -> JSON? in
            switch field.presence {
            case .always: .string(field.name)
            case .sometimes: nil
            }
        }
        let object: JSON = ["type": "object", "properties": .object(properties)]
        return required.isEmpty ? object : object.adding([JSON.Field("required", .array(required))])
    }
}

extension JSON {
    init(_ words: [String]) { self = .array(words.map { .string($0) }) }
}

extension JSON: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
}
