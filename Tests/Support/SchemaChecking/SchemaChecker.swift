import Foundation

/// Checks values against the part of JSON Schema that our own description uses. Stricter than the standard in two ways, so
/// that a description cannot stay behind what it describes: a name that the schema does not list is an offence, and so is
/// a keyword that this checker does not know.
package struct SchemaChecker: Sendable {
    private let root: JSONValue

    /// - Parameter root: the document that references point into.
    package init(root: JSONValue) { self.root = root }

    /// - Returns: one readable line an offence; empty when the value fits.
    package func offences(_ value: JSONValue, against schema: JSONValue, at place: String = "$") -> [String] {
        var found: [String] = []
        for (keyword, rule) in schema.fields.sorted(by: { $0.key < $1.key }) {
            found += offences(value, keyword, rule, schema: schema, at: place)
        }
        return found
    }

    private func offences(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, schema: JSONValue, at place: String
    ) -> [String] {
        func unless(_ isFine: Bool, _ complaint: String) -> [String] { isFine ? [] : ["\(place): \(complaint)"] }
        switch keyword {
        case "description", "default": return []
        case "$ref":
            guard let target = resolve(rule.text ?? "") else { return ["\(place): nothing at \(rule)"] }
            return offences(value, against: target, at: place)
        case "anyOf":
            let attempts = rule.elements.map { offences(value, against: $0, at: place) }
            guard !attempts.contains(where: \.isEmpty) else { return [] }
            return attempts.min { $0.count < $1.count } ?? ["\(place): anyOf lists nothing"]
        case "type": return unless(SchemaChecker.fits(value, type: rule.text ?? ""), "is no \(rule.text ?? "?")")
        case "const": return unless(value == rule, "is not \(rule)")
        case "enum": return unless(rule.elements.contains(value), "\(value) is not among \(rule.elements.count) words")
        case "minimum": return unless(SchemaChecker.compare(value, rule, >=), "\(value) is below \(rule)")
        case "maximum": return unless(SchemaChecker.compare(value, rule, <=), "\(value) is above \(rule)")
        case "pattern":
            guard let text = value.text else { return [] }
            return unless(SchemaChecker.matches(text, rule.text ?? ""), "\(text) does not match \(rule)")
        case "format": return unless(SchemaChecker.isTime(value, format: rule.text ?? ""), "\(value) is no \(rule)")
        case "items":
            return value.elements.enumerated().flatMap { offences($1, against: rule, at: "\(place)[\($0)]") }
        case "required":
            guard case .object(let fields) = value else { return [] }
            return rule.elements.compactMap(\.text).filter { fields[$0] == nil }.map { "\(place): lacks \($0)" }
        case "properties":
            let isOpen = schema["additionalProperties"] != nil
            return value.fields.sorted { $0.key < $1.key }.flatMap { name, field -> [String] in
                guard let rule = rule[name] else { return unless(isOpen, "\(name) is not described") }
                return offences(field, against: rule, at: "\(place).\(name)")
            }
        case "additionalProperties":
            return value.fields.sorted { $0.key < $1.key }.flatMap { name, field in
                offences(field, against: rule, at: "\(place).\(name)")
            }
        case _: return ["\(place): the schema uses \(keyword), which this checker does not know"]
        }
    }

    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(root as JSONValue?) { $0?[String($1)] }
    }

    private static func fits(_ value: JSONValue, type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): number == number.rounded()
        case _: false
        }
    }

    private static func compare(_ value: JSONValue, _ bound: JSONValue, _ holds: (Double, Double) -> Bool) -> Bool {
        guard case .number(let number) = value, case .number(let bound) = bound else { return true }
        return holds(number, bound)
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }

    /// Every time of ours is UTC with milliseconds.
    private static func isTime(_ value: JSONValue, format: String) -> Bool {
        guard case .string(let text) = value else { return true }
        return format == "date-time"
            && text.wholeMatch(of: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/) != nil
    }
}
