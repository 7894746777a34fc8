/// A table of a page, with a newline at its end.
struct MarkdownTable {
    let text: String

    init(_ heads: [String], _ rows: [[String]]) {
        let lines = [heads, heads.map { _ in "---" }] + rows
        text = lines.map { cells in
            "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
        }.joined()
    }
}
