// The one type that holds a password, token or key. A target of its own below all others, so that none has a reason to hold
// one as text.

/// A password, token or key. It prints `<redacted>` everywhere, by reflection as well, so that no log line, error or dump of
/// whatever holds it can carry it: libraries print what they are given (swift-service-lifecycle a whole service at debug).
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself, for the few places that hand it on: a house rule lists them.
    package let revealed: String

    /// Takes the text as it is: nothing is trimmed or checked.
    package init(_ text: String) { revealed = text }

    /// An empty one is no secret: it stands for a password that is not set, and `matches` nothing.
    package var isEmpty: Bool { revealed.isEmpty }

    /// Compares in a time that depends on the candidate's length only, so that an attacker cannot learn the secret byte by
    /// byte from how long a refusal takes. An empty secret is matched by nothing.
    package func matches(_ candidate: some Collection<UInt8>) -> Bool {
        let bytes = Array(revealed.utf8)
        guard !bytes.isEmpty else { return false }
        var difference = UInt8(candidate.count == bytes.count ? 0 : 1)
        for (index, byte) in candidate.enumerated() { difference |= byte ^ bytes[index % bytes.count] }
        return difference == 0
    }

    package var description: String { Secret.shown }
    package var debugDescription: String { Secret.shown }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// What stands in a secret's place wherever people look.
    package static let shown = "<redacted>"
}
