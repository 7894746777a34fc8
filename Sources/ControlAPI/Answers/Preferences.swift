/// What a client would like, most to least: the values of `Accept` or `Accept-Language` with their weights
/// (RFC 9110 §12.4.2).
struct Preferences: Sendable {
    /// Further entries are not looked at: no client needs more, and the header is the client's to fill.
    static let maximumEntries = 32

    private let entries: [(value: String, weight: Double)]

    /// - Parameter header: nil when the client sent none: it takes everything.
    init(header: String?) {
        guard let header else {
            entries = [("*", 1)]
            return
        }
        entries = header.split(separator: ",").prefix(Preferences.maximumEntries).compactMap { item in
            let parts = item.split(separator: ";").map { Preferences.trimmed($0) }
            guard let value = parts.first, !value.isEmpty else { return nil }
            let weights = parts.dropFirst().filter { $0.hasPrefix("q=") }.compactMap { Double($0.dropFirst(2)) }
            let weight = weights.first.map { $0.isFinite ? min(max($0, 0), 1) : 0 } ?? 1
            return (value.lowercased(), weight)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let front = text.drop(while: isSpace)
        return String(front.reversed().drop(while: isSpace).reversed())
    }

    /// The weight of a media type such as `text/html`, the most specific entry deciding.
    func weight(ofType type: String) -> Double {
        let family = type.split(separator: "/").first.map { "\($0)/*" } ?? "*/*"
        for pattern in [type, family, "*/*", "*"] {
            if let entry = entries.first(where: { $0.value == pattern }) { return entry.weight }
        }
        return 0
    }

    /// The weight of a language by its first subtag, such as `zh`; wildcards say nothing about a language.
    func weight(ofLanguage language: String) -> Double {
        let fitting = entries.filter { $0.value == language || $0.value.hasPrefix(language + "-") }
        return fitting.map(\.weight).max() ?? 0
    }
}
