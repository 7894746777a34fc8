import Foundation
import Testing

/// Links from one file of the tree to another, as GitHub and an editor follow them.
@Suite("Links within the tree lead somewhere")
struct RelativeLinkTests {
    @Test("every relative link and every anchor of every page resolves", arguments: PaperTree.package.pages.map(\.path))
    func resolve(path: String) throws {
        let page = try #require(PaperTree.package.pages.first { $0.path == path })
        for link in try MarkdownPage(page.text).links {
            #expect(try Self.fault(of: link, in: page, .package) == nil, "\(path) links to \(link)")
        }
    }

    static func fault(of link: String, in page: PaperTree.File, _ tree: PaperTree) throws -> String? {
        guard link.firstMatch(of: /^[A-Za-z][A-Za-z0-9+.-]*:/) == nil, !link.hasPrefix("//") else { return nil }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts[0].removingPercentEncoding ?? parts[0]
        let target = path.isEmpty ? page.path : PaperTree.resolve(path, from: page.folder)
        guard let target, tree.paths.contains(target) || target.isEmpty else { return "there is no \(path)" }
        guard parts.count > 1 else { return nil }
        guard let linked = tree.pages.first(where: { $0.path == target }) else { return "no page has anchors there" }
        return try MarkdownPage(linked.text).anchors.contains(parts[1]) ? nil : "no heading is #\(parts[1])"
    }

    @Test(
        "what leads nowhere is found",
        arguments: ["nothing.md", "../nothing.md", "#no-such-heading", "README.md#no-such-heading", "LICENSE#a"])
    func canFail(link: String) throws {
        let page = PaperTree.File(path: "page.md", text: "# A heading\n")
        #expect(try Self.fault(of: link, in: page, .package) != nil)
    }

    @Test("a page's links and anchors are read as GitHub reads them")
    func reading() throws {
        let page = try MarkdownPage(
            """
            # Two `words` & more

            ## Again
            ## Again
            ### [Linked](x.md) heading

            [one](a.md) ![two](b.svg "title") [over
            two lines](c.md#d) `[no](link.md)` <a href="e.md" id="own"></a>

            ```
            [no](link.md)
            # no heading
            ```

            [three]: f.md
            """)
        #expect(Set(page.links) == ["x.md", "a.md", "b.svg", "c.md#d", "e.md", "f.md"])
        #expect(page.anchors == ["two-words--more", "again", "again-1", "linked-heading", "own"])
    }
}
