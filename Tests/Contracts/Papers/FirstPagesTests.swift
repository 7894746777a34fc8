import PackageFiles
import Testing

/// The pages that people meet first stay short and true.
@Suite("The first pages")
struct FirstPagesTests {
    private static let readmes = ["README.md", "README.zh-TW.md"]

    @Test("the README has at most 150 lines, in each language", arguments: readmes)
    func isShort(page: String) throws {
        let lines = try PackageFiles.text(of: page).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 151, "move what not everybody needs to a page of its own")
    }

    @Test("both languages have the same commands, sections, tables and links")
    func sameInBoth() throws {
        let english = try PackageFiles.text(of: Self.readmes[0])
        let chinese = try PackageFiles.text(of: Self.readmes[1])
        #expect(Self.commands(english) == Self.commands(chinese))
        #expect(Self.targets(english).symmetricDifference(Self.targets(chinese)) == Set(Self.readmes))
        for beginning in ["## ", "|"] {
            let counts = [english, chinese].map { text in
                text.split(separator: "\n").filter { $0.hasPrefix(beginning) }.count
            }
            #expect(counts[0] == counts[1], "lines that begin with \(beginning)")
        }
    }

    /// What stands in code blocks for a shell, without comments.
    private static func commands(_ text: String) -> [String] {
        text.matches(of: /```sh\n([^`]*)```/).flatMap { block in
            block.1.split(separator: "\n").map { line in
                line.prefix { $0 != "#" }.split(separator: " ").joined(separator: " ")
            }
        }
    }

    private static func targets(_ text: String) -> Set<String> {
        Set(text.matches(of: /\]\(([^)#]+)\)/).map { String($0.1) })
    }

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
