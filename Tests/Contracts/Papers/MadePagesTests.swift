import MakePages
import PackageFiles
import Testing

@Suite("Pages that are made from the code")
struct MadePagesTests {
    @Test("are in the tree as the code makes them", arguments: MadePage.all)
    func kept(page: MadePage) throws {
        #expect(
            try PackageFiles.text(of: page.path) == page.text, "\(page.path) is out of date: run Tests/make-pages")
    }
}
