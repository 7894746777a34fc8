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
}
