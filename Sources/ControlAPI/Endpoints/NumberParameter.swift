import HTTPTypes

/// A whole number that a request may bring: its name, its range, and how one beyond it is refused. What `/lb/openapi.json`
/// promises of it is made from the same.
struct NumberParameter: Sendable {
    let name: String
    let range: ClosedRange<Int>
    let reason: Refusal.Reason
    /// What holds where it is not sent.
    var fallback: Int?

    var schema: Schema { .integer(range, fallback: fallback) }

    /// The value of the parameter of that name; nil where it was not sent.
    func read(from parameters: [String: String]) throws(Refusal) -> Int? {
        guard let text = parameters[name] else { return nil }
        return try read(text)
    }

    func read(_ text: String) throws(Refusal) -> Int {
        // `Int` would read a sign as well; a number here is digits.
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text),
            range.contains(number)
        else { throw refusal(of: text) }
        return number
    }

    /// - Parameter text: as it came; its beginning is repeated.
    func refusal(of text: String) -> Refusal {
        let beginning = String(text.prefix(40))
        return Refusal(
            .badRequest, reason,
            "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), and is \"\(beginning)\"",
            help: Refusal.Help(
                parameter: name, value: beginning, minimum: range.lowerBound, maximum: range.upperBound,
                // The name that 1.0 gave the maximum.
                limit: range.upperBound))
    }
}
