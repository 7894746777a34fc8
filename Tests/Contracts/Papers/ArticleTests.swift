import Foundation
import Testing

/// DocC finds an article in its own target's catalog only, and in comments of public declarations only; ours are `package`.
@Suite("Articles are found from where they are named")
struct ArticleTests {
    private static let link = #"<doc:([^>]*)>"#

    @Test("every <doc:…> names an article, and a heading in it, of the same target's catalog")
    func resolves() throws {
        let links = try NSRegularExpression(pattern: Self.link)
        let articles = PaperTree.package.articles
        for file in PaperTree.package.files where file.text.contains("<doc:") {
            // Tests of links, and the makers of pages: what they make is read in its own catalog.
            guard !file.path.hasPrefix("Tests/Contracts/") else { continue }
            let catalog = PaperTree.target(of: file.path).flatMap { articles[$0] } ?? []
            for target in Set(file.text.matches(of: links)).sorted() {
                #expect(Self.resolves(target, in: catalog), "\(file.path): <doc:\(target)>")
            }
        }
    }

    private static func resolves(_ link: String, in catalog: [PaperTree.File]) -> Bool {
        let parts = link.split(separator: "#", maxSplits: 1).map(String.init)
        guard let name = parts.first, let article = catalog.first(where: { $0.name == "\(name).md" }) else {
            return false
        }
        guard parts.count > 1 else { return true }
        // DocC writes a heading's spaces as dashes and keeps its letters as they are.
        let headings = article.text.split(separator: "\n").filter { $0.hasPrefix("#") }
            .map { $0.drop { $0 == "#" || $0 == " " }.replacingOccurrences(of: " ", with: "-") }
        return headings.contains(parts[1])
    }

    @Test("each catalog has a landing page, which leads to every article in it")
    func reached() throws {
        let links = try NSRegularExpression(pattern: Self.link)
        #expect(!PaperTree.package.articles.isEmpty)
        for (target, pages) in PaperTree.package.articles {
            let landing = pages.first { $0.name == "\(target).md" }
            #expect(landing?.text.hasPrefix("# ``\(target)``\n") == true, "\(target) has no landing page")
            let reached = Set((landing?.text ?? "").matches(of: links).map { "\($0).md" })
            let rest = Set(pages.map(\.name)).subtracting(reached).subtracting(["\(target).md"])
            #expect(rest == [], "nothing in \(target).md leads there")
        }
    }

    /// Renaming a type is then also a look at the page that explains it. Words with capitals in a row are left out: systemd's
    /// `LimitNOFILE` looks like one of ours.
    @Test("every type of ours that an article names exists")
    func types() throws {
        let names = try NSRegularExpression(pattern: #"`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+(?:\.[A-Za-z]+)?)`"#)
        let code = PaperTree.package.files.filter { $0.path.hasSuffix(".swift") }
        let known = code.reduce(into: Set<String>()) { $0.formUnion(Self.identifiers(in: $1.text)) }
        for article in PaperTree.package.articles.values.joined() {
            for name in Set(article.text.matches(of: names)).sorted() {
                let parts = name.split(separator: ".").map(String.init)
                let isFile = parts.last == "md" || parts.last == "docc"
                #expect(isFile || parts.allSatisfy(known.contains), "\(article.path): \(name)")
            }
        }
    }

    static func identifiers(in text: String) -> Set<String> {
        var found: Set<String> = []
        let bytes = Array(text.utf8)
        var start: Int?
        for (index, byte) in bytes.enumerated() {
            let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_")
            if isDigit || isLetter || byte >= 0x80 {
                start = start ?? index
            } else if let first = start {
                found.insert(String(decoding: bytes[first..<index], as: UTF8.self))
                start = nil
            }
        }
        if let start { found.insert(String(decoding: bytes[start...], as: UTF8.self)) }
        return found
    }
}
