import Foundation
import KumaTables
import MariaDB
import PackageFiles
import Testing

@Suite("Kuma's tables")
struct BenchmarkTablesTests {
    @Test("the benchmarks' peers get the tables that everybody else gets")
    func benchmarks() throws {
        let file = PackageFiles.root.appending(path: "Tests/Benchmarks/peers/kuma-tables.sql")
        let text = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
        for statement in KumaTables.all.statements {
            #expect(text.contains(statement.oneLine + ";"), "\(statement.oneLine)")
        }
    }
}
