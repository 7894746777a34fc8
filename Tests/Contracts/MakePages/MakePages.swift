import Foundation
import PackageFiles

/// Writes every made page to its place in the tree, and names those that were not as they should be.
@main
struct MakePagesCommand {
    static func main() throws {
        for page in MadePage.all where (try? PackageFiles.text(of: page.path)) != page.text {
            try Data(page.text.utf8).write(to: PackageFiles.root.appending(path: page.path))
            print("wrote \(page.path)")
        }
    }
}
