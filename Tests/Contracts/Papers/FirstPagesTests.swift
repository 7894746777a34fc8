import PackageFiles
import Testing

/// The pages that people meet first are true.
@Suite("The first pages")
struct FirstPagesTests {
    @Test("what people are to look for in the log is what the programs log")
    func logWords() throws {
        let pages = ["Sources/ControlPlane/ControlPlane.docc/Troubleshooting.md", "systemd/README.md"]
        let code = PaperTree.package.files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
        let sources = code.map(\.text).joined(separator: "\n").lowercased()
        for page in pages {
            for word in try PackageFiles.text(of: page).matches(of: /-g ('[^']+'|[\w-]+)/) {
                let plain = word.1.replacing("'", with: "")
                #expect(sources.contains(plain.lowercased()), "\(page): no program logs \(plain)")
            }
        }
    }
}
