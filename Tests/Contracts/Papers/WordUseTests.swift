import Testing

/// What `Words.md` says it replaced stays replaced.
@Suite("Nobody uses a word that the table replaced")
struct WordUseTests {
    struct Exception: Hashable {
        let path: String
        let word: String
    }

    /// Plain English for something else, in comments; each with what it means there.
    private static let plain: [Exception: String] = [
        Exception(path: "Sources/ClusterCore/Routing/LoadTournament.swift", word: "tie"): "of a tournament",
        Exception(path: "Sources/ClusterCore/Routing/SelectionPolicy.swift", word: "ties"): "of equal loads",
        Exception(path: "Sources/DataPlane/Upstreams/NodeDirectory.swift", word: "ties"): "of equal loads",
    ]

    private struct Offence: Hashable {
        let path: String
        let line: Int
        let word: String
    }

    /// The forms of a word that count as the word.
    private static func forms(of root: String) -> [String] { [root, root + "s", root + "es", root + "d", root + "ed"] }

    private static func offences() throws -> [Offence] {
        let roots = try WordTable.read().rows.flatMap(\.replaced)
        let replaced = Set(roots.flatMap(forms))
        var found: Set<Offence> = []
        for file in PaperTree.package.files where file.path.hasSuffix(".swift") {
            guard !file.path.hasPrefix("Tests/Contracts/Papers/") else { continue }
            for use in SwiftWords(file.text).uses where replaced.contains(use.word) {
                // In the tests, a comment may wish for what it likes.
                if use.place == .comment, !file.path.hasPrefix("Sources/") { continue }
                found.insert(Offence(path: file.path, line: use.line, word: use.word))
            }
            for use in SwiftWords(String(file.path.dropLast(".swift".count))).uses where replaced.contains(use.word) {
                found.insert(Offence(path: file.path, line: 0, word: use.word))
            }
        }
        return found.sorted { ($0.path, $0.line, $0.word) < ($1.path, $1.line, $1.word) }
    }

    @Test("no name of the tree and no comment of Sources has one, but for the exceptions, and each of those is needed")
    func unused() throws {
        var needed: Set<Exception> = []
        for offence in try Self.offences() {
            let exception = Exception(path: offence.path, word: offence.word)
            guard Self.plain[exception] == nil else {
                needed.insert(exception)
                continue
            }
            Issue.record("\(offence.path):\(offence.line): \(offence.word): Words.md has another word for it")
        }
        #expect(Set(Self.plain.keys).subtracting(needed) == [], "drop what is needed no more")
    }

    @Test("names are read word by word, strings not at all")
    func reading() {
        let text = #"""
            /// A wish.
            let maxHTTPWish_tie2 = "a picture of \(wishes)" // see figures
            """#
        let uses = SwiftWords(text).uses
        #expect(uses.filter { $0.place == .comment }.map(\.word) == ["a", "wish", "see", "figures"])
        #expect(uses.filter { $0.place == .name }.map(\.word) == ["let", "max", "http", "wish", "tie"])
        #expect(uses.last?.line == 2)
    }
}
