/// The text of one SQL statement, with `?` where values go.
///
/// Made from literals only: a `StaticString` cannot hold anything that came from outside, so no value can ever become SQL.
/// The one exception are names of databases and users, which cannot be bound; see `Identifier`.
package struct Statement: Sendable, Hashable {
    /// What the server is sent.
    package let text: String
    /// How many values it takes. None of our texts has a question mark inside a quoted string.
    let places: Int

    package init(_ text: StaticString) { self.init(text: text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }) }

    private init(text: String) {
        self.text = text
        places = text.utf8.count { $0 == UInt8(ascii: "?") }
    }

    /// Several constant texts as one, such as the parts of a compound statement.
    package init(joining parts: Statement...) { self.init(joining: parts) }

    /// As above: with a line break between two of them.
    package init(joining parts: [Statement]) { self.init(text: parts.map(\.text).joined(separator: "\n")) }

    /// `before`, the quoted name, `after`.
    package init(_ before: StaticString, _ name: Identifier, _ after: StaticString = "") {
        self.init(text: Statement(before).text + "`" + name.text + "`" + Statement(after).text)
    }

    /// As above, with two names.
    package init(
        _ before: StaticString, _ first: Identifier, _ between: StaticString, _ second: Identifier,
        _ after: StaticString = ""
    ) {
        self.init(text: Statement(before, first, between).text + Statement("", second, after).text)
    }

    /// `before`, each quoted name between `prefix` and `suffix`, with `separator` between them, `after`.
    package init(
        _ before: StaticString, of names: [Identifier], each prefix: StaticString, _ suffix: StaticString,
        separator: StaticString, _ after: StaticString
    ) {
        let list = names.map { Statement(prefix, $0, suffix).text }.joined(separator: Statement(separator).text)
        self.init(text: Statement(before).text + list + Statement(after).text)
    }

    /// What errors and logs show: the first words, on one line.
    var summary: String {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(8)
        return words.joined(separator: " ")
    }
}

extension Statement: ExpressibleByStringLiteral {
    /// As `init(_:)`, for a literal that stands where a statement is wanted.
    package init(stringLiteral text: StaticString) { self.init(text) }
}

/// The name of a database or user, of characters that need no escaping.
package struct Identifier: Sendable, Hashable {
    /// Without the backquotes that a statement puts around it.
    package let text: String

    /// Nil unless `text` is `[A-Za-z0-9_]{1,64}`.
    package init?(_ text: String) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            case _: false
            }
        }
        guard isPlain, (1...64).contains(text.utf8.count) else { return nil }
        self.text = text
    }
}

extension Statement {
    /// The whole text on one line, for people to copy.
    package var oneLine: String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
