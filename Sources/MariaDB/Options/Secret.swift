/// A password or token. It prints `<redacted>` everywhere, so that no log line or error text can carry it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself, for the one place that hands it on.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
