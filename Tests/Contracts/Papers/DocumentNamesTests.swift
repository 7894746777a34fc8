import Foundation
import Testing

/// A comment that sends its reader to a page is of use only while there is that page.
@Suite("Documents that are named exist")
struct DocumentNamesTests {
    private static let ours = "Tests/Contracts/Papers/"

    @Test("no comment and no page names a document that is not in the tree")
    func named() throws {
        let names = try NSRegularExpression(pattern: #"(?<![\w./:-])((?:[\w.-]+/)*[\w-][\w.-]*\.md)\b"#)
        for file in PaperTree.package.files where !file.path.hasPrefix(Self.ours) && file.text.contains(".md") {
            for name in Set(file.text.matches(of: names)).sorted() {
                #expect(Self.fault(of: name, in: file.folder, PaperTree.package) == nil, "\(file.path) names \(name)")
            }
        }
    }

    /// A bare name must say which file it means; a README is the one of its folder, and there is one in many.
    static func fault(of name: String, in folder: String, _ tree: PaperTree) -> String? {
        if name.contains("/") {
            let found = [PaperTree.resolve(name, from: folder), PaperTree.resolve(name, from: "")].compactMap { $0 }
            if found.contains(where: { tree.paths.contains($0) }) { return nil }
            // The manifest names files from their target's folder.
            return tree.paths.count { $0.hasSuffix("/\(name)") } == 1 ? nil : "there is no \(name)"
        }
        let bearers = tree.pages.filter { $0.name == name }
        if bearers.isEmpty { return "there is no \(name)" }
        return bearers.count > 1 && name != "README.md" ? "there are \(bearers.count) files \(name)" : nil
    }

    @Test("what is not there is found", arguments: ["DESIGN.md", "Sources/ClusterCore/ClusterCore.docc/Nothing.md"])
    func canFail(name: String) {
        #expect(Self.fault(of: name, in: "Sources/ClusterCore/", .package) != nil)
    }

    @Test("no paper of the planning is named by its title alone")
    func titles() throws {
        let titles = try NSRegularExpression(
            pattern: #"\b((?:DESIGN|PERFORMANCE|HOUSE|STYLE|KUMA|API)(?:\.md| §)|(?:DESIGN|PERFORMANCE|HOUSE)'s\b)"#)
        for file in PaperTree.package.files where !file.path.hasPrefix(Self.ours) {
            #expect(file.text.matches(of: titles) == [], "\(file.path)")
        }
    }
}
