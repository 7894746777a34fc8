import AgentSettings
import BalancerSettings
import Foundation
import PackageFiles
import Testing

@testable import Settings

/// What people read must be what the programs read: the README's tables are the catalogues, to the letter.
@Suite("The README")
struct ReadmeTests {
    @Test(
        "holds each program's table of settings as the program has it",
        arguments: [
            ("kuma-agent", AgentSettings.catalogue.markdownTable),
            ("kuma-balancer", BalancerSettings.catalogue.markdownTable),
        ])
    func tables(program: String, table: String) throws {
        let text = try PackageFiles.text(of: "README.md")
        let start = try #require(text.range(of: "<!-- settings: \(program) -->\n"))
        let end = try #require(text.range(of: "\n<!-- end -->", range: start.upperBound..<text.endIndex))
        #expect(String(text[start.upperBound..<end.lowerBound]) == table, "put this into README.md:\n\(table)\n")
    }
}
