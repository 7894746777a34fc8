import ClusterCore

/// Markup. Text that is put into it is escaped; only literals of the source code are taken as they are, so a node's name
/// can never become markup.
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// Ready to be sent.
    package let markup: String

    /// A literal of the source code, as it is.
    package init(stringLiteral value: String) { markup = value }
    /// A literal with values in it, each escaped as its kind needs.
    package init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }
    private init(markup: String) { self.markup = markup }

    /// One behind the other, with nothing between.
    package static func joined(_ parts: [HTML]) -> HTML { HTML(markup: parts.map(\.markup).joined()) }

    /// Collects the pieces of a literal; the compiler calls it.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        /// Room for the literal parts; values come on top.
        package init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

        /// As it is: it stands in the source code.
        package mutating func appendLiteral(_ literal: String) { markup += literal }
        /// As it is: it was escaped when it was made.
        package mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
        /// Digits need no escaping.
        package mutating func appendInterpolation(_ number: Int) { markup += String(number) }

        /// Escaped, for content and for quoted attributes alike.
        package mutating func appendInterpolation(_ text: String) { markup += HTMLText.escaped(text) }
    }
}
