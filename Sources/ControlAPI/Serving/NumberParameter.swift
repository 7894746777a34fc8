import HTTPTypes

/// A whole number that a request may bring: its name, its range, and how one beyond it is refused. What `/lb/openapi.json`
/// promises of it is made from the same.
struct NumberParameter: Sendable {
    let name: String
    let range: ClosedRange<Int>
    let reason: Refusal.Reason
    /// What holds where it is not sent.
    var fallback: Int?

    /// The value of the parameter of that name; nil where it was not sent.
    func read(from parameters: [String: String]) throws(Refusal) -> Int? {
        guard let text = parameters[name] else { return nil }
        return try read(text)
    }

    func read(_ text: String) throws(Refusal) -> Int {
        // `Int` would read a sign as well; a number here is figures.
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text),
            range.contains(number)
        else { throw refusal(of: text) }
        return number
    }

    /// - Parameter text: as it came; its beginning is repeated.
    func refusal(of text: String) -> Refusal {
        Refusal(
            .badRequest, reason,
            "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), and is \"\(text.prefix(40))\"",
            help: [
                JSON.Field("parameter", .string(name)), JSON.Field("value", .string(String(text.prefix(40)))),
                JSON.Field("minimum", .integer(range.lowerBound)), JSON.Field("maximum", .integer(range.upperBound)),
                // The name that 1.0 gave the maximum.
                JSON.Field("limit", .integer(range.upperBound)),
            ])
    }

    /// For `/lb/openapi.json`.
    var schema: JSON {
        let schema: JSON = [
            "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
        ]
        return schema.adding(fallback.map { [JSON.Field("default", .integer($0))] } ?? [])
    }
}
