import Foundation

/// Text of the tree, a page or a part of one, that is made from the code: compared by a test, and written anew by the same test
/// where `KUMA_MAKE_PAGES` is set (`Tests/make-pages`).
package struct MadeText {
    private let path: String
    private let part: String?

    /// - Parameters:
    ///   - path: relative to the package.
    ///   - part: what stands between the lines `<!-- made: PART -->` and `<!-- end -->`; nil: the whole file.
    package init(_ path: String, part: String? = nil) {
        self.path = path
        self.part = part
    }

    /// Compares the page with what it should say, or writes it.
    /// - Parameter made: of a part, without a line break at its ends.
    /// - Returns: nil when the page says that now; else what to do, in words.
    package func difference(from made: String) throws -> String? {
        let text = (try? PackageFiles.text(of: path)) ?? ""
        guard let due = replaced(in: text, by: made) else { return "\(path) has no part \(part ?? "")" }
        if text == due { return nil }
        guard ProcessInfo.processInfo.environment["KUMA_MAKE_PAGES"] != nil else {
            return "\(path) is not what the code says: run Tests/make-pages, and look at what changed"
        }
        try due.write(to: PackageFiles.root.appending(path: path), atomically: true, encoding: .utf8)
        return nil
    }

    private func replaced(in text: String, by made: String) -> String? {
        guard let part else { return made }
        guard let begin = text.range(of: "<!-- made: \(part) -->\n"),
            let end = text.range(of: "\n<!-- end -->", range: begin.upperBound..<text.endIndex)
        else { return nil }
        return text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: made)
    }
}
