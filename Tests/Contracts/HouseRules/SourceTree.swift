import Foundation
import PackageFiles

/// The package's own sources, read once, so that a rule is a question about lines.
struct SourceTree: Sendable {
    struct File: Sendable {
        /// Relative to the package, such as `Sources/ClusterCore/Identity/NodeID.swift`.
        let path: String
        let lines: [String]

        /// The target's name, of a file in Sources: the second folder of the path.
        var target: String { String(path.split(separator: "/")[1]) }
    }

    let files: [File]

    static let sources = SourceTree(below: "Sources")
    static let tests = SourceTree(below: "Tests")

    private init(below folder: String) {
        let root = PackageFiles.root.appending(path: folder)
        var found: [File] = []
        let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let url = walker?.nextObject() as? URL {
            guard ["swift", "c", "h"].contains(url.pathExtension) else { continue }
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
            let path = folder + url.path().dropFirst(root.path().count)
            found.append(File(path: path, lines: text.components(separatedBy: "\n")))
        }
        files = found.sorted { $0.path < $1.path }
    }

    var swiftFiles: [File] { files.filter { $0.path.hasSuffix(".swift") } }

    /// `path:line: text` of every line for which `isOffence` holds, comments left out.
    func offences(where isOffence: (File, String) -> Bool) -> [String] {
        var found: [String] = []
        for file in swiftFiles {
            for (index, line) in file.lines.enumerated() {
                let code = line.trimmingCharacters(in: .whitespaces)
                guard !code.hasPrefix("//"), isOffence(file, code) else { continue }
                found.append("\(file.path):\(index + 1): \(code)")
            }
        }
        return found
    }
}

extension SourceTree.File {
    /// The modules it imports, whatever the access level or scoping of the import.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1,
                words[..<index].allSatisfy({ ["package", "public", "internal", "private", "@testable"].contains($0) })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[index + 1]) && words.count > index + 2 ? words[index + 2] : words[index + 1]
            return name.split(separator: ".").first.map(String.init)
        }
    }
}
