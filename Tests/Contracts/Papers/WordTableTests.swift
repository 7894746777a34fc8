import Foundation
import Testing

/// The field's words, as `Words.md` says them.
struct WordTable {
    struct Row {
        let word: String
        let meaning: String
        /// What no name in the tree may have as a part.
        let replaced: [String]
    }

    let rows: [Row]

    init(_ text: String) throws {
        let code = try NSRegularExpression(pattern: "`([^`]+)`")
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| Word ") }
        rows = lines.map { line in
            let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(
                word: cells.first ?? "", meaning: cells.count == 3 ? cells[1] : "",
                replaced: cells.count == 3 ? cells[2].matches(of: code) : [])
        }
    }

    static func read() throws -> WordTable {
        let page = try #require(PaperTree.package.pages.first { $0.name == "Words.md" })
        return try WordTable(page.text)
    }
}

@Suite("The table of words")
struct WordTableTests {
    @Test("each word is there once, with a meaning, and none replaces itself")
    func wellFormed() throws {
        let rows = try WordTable.read().rows
        #expect(rows.count > 20)
        #expect(Set(rows.map(\.word)).count == rows.count)
        for row in rows {
            #expect(!row.word.isEmpty && !row.meaning.isEmpty, "\(row.word) has not three cells")
        }
        let words = Set(rows.map(\.word))
        for row in rows { #expect(words.isDisjoint(with: row.replaced), "\(row.word)") }
    }

    /// Names, and what is said in texts; comments speak plain English.
    @Test("no name in the code has a word as a part that another one replaced")
    func held() throws {
        let replaced = Set(try WordTable.read().rows.flatMap(\.replaced))
        for file in PaperTree.package.files where file.path.hasSuffix(".swift") {
            guard !file.path.hasPrefix("Tests/Contracts/Papers/") else { continue }
            let code = file.text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            let names = ArticleTests.identifiers(in: code.joined(separator: "\n"))
            let wrong = names.filter { !replaced.isDisjoint(with: Self.parts(of: $0)) }
            #expect(wrong == [], "\(file.path)")
        }
    }

    /// `nodeTie` as `node` and `tie`.
    static func parts(of name: String) -> [String] {
        var parts: [String] = []
        for character in name {
            if character == "_" {
                parts.append("")
            } else if character.isUppercase || parts.isEmpty {
                parts.append(character.lowercased())
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    @Test("a word is found as a part of a name, and not within one")
    func parts() {
        #expect(Self.parts(of: "NodeTie") == ["node", "tie"])
        #expect(Self.parts(of: "tiedNode_wish") == ["tied", "node", "wish"])
    }
}
