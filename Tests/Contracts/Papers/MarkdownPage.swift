import Foundation

/// What a Markdown page links to, and what may be linked to in it. Code, fenced or in line, is no link.
struct MarkdownPage {
    let links: [String]
    /// As GitHub makes them of headings, and whatever has an id of its own.
    let anchors: Set<String>

    init(_ text: String) throws {
        let prose = MarkdownPage.withoutFences(text)
        var anchors = Set(prose.matches(of: try NSRegularExpression(pattern: #"\b(?:id|name)="([^"]+)""#)))
        var counts: [String: Int] = [:]
        for heading in prose.matches(of: try NSRegularExpression(pattern: #"(?m)^#{1,6} +(.+?)#* *$"#)) {
            let slug = MarkdownPage.slug(of: heading)
            let earlier = counts[slug, default: 0]
            counts[slug] = earlier + 1
            anchors.insert(earlier == 0 ? slug : "\(slug)-\(earlier)")
        }
        self.anchors = anchors

        let code = try NSRegularExpression(pattern: #"(`+)[^`]*?\1"#)
        let whole = NSRange(prose.startIndex..<prose.endIndex, in: prose)
        let plain = code.stringByReplacingMatches(in: prose, range: whole, withTemplate: "code")
        let inline = try NSRegularExpression(pattern: #"\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)"#)
        let definition = try NSRegularExpression(pattern: #"(?m)^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)"#)
        let html = try NSRegularExpression(pattern: #"\b(?:src|href)="([^"]+)""#)
        links = [inline, definition, html].flatMap { plain.matches(of: $0) }
    }

    private static func withoutFences(_ text: String) -> String {
        var fence: Substring?
        let kept = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
            let trimmed = line.drop { $0 == " " }
            if let open = fence {
                if trimmed.hasPrefix(open) { fence = nil }
                return ""
            }
            guard trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") else { return line }
            fence = trimmed.prefix(3)
            return ""
        }
        return kept.joined(separator: "\n")
    }

    /// Lower case, letters, digits, `-` and `_` kept, spaces as `-`; of a link its text.
    static func slug(of heading: String) -> String {
        let text = heading.replacing(/\[([^\]]*)\]\([^)]*\)/) { String($0.output.1) }
        let kept = text.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
        return kept.replacingOccurrences(of: " ", with: "-")
    }
}
