import Foundation
import ServiceRuntime
import Testing

@Suite("A log file that others rotate")
struct AppendedFileTests {
    @Test("Lines are appended, to the new file after the old was moved away, and from the start after it was emptied")
    func rotation() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (path, moved) = (folder.path + "/access.log", folder.path + "/access.log.1")
        let file = try AppendedFile(path)
        func offer(_ text: String) { #expect(Array(text.utf8).withUnsafeBytes { file.offer($0) } == .taken) }
        offer("one\n")
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        offer("two\n")
        #expect(try String(contentsOfFile: moved, encoding: .utf8) == "one\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "two\n")
        #expect(truncate(path, 0) == 0)
        offer("three\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "three\n")
        #expect(throws: AppendedFile.Failure.self) { _ = try AppendedFile(folder.path + "/none/access.log") }
    }
}
