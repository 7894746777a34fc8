import Foundation
import PackageFiles

/// The text files of the package, read once: what the papers' tests ask about.
struct PaperTree: Sendable {
    struct File: Sendable {
        /// Relative to the package, such as `Sources/ClusterCore/ClusterCore.docc/Words.md`.
        let path: String
        let text: String

        var name: String { String(path.split(separator: "/").last ?? "") }
        /// The folder it lies in, with a slash at its end; empty for the package itself.
        var folder: String { String(path.dropLast(name.count)) }
        var isPage: Bool { path.hasSuffix(".md") }
    }

    let files: [File]
    /// Every file and folder, readable as text or not, folders without a slash at their end.
    let paths: Set<String>

    static let package = PaperTree(below: PackageFiles.root)

    /// What is built, downloaded or another tool's.
    private static let foreign: Set<String> = [".build", ".git", ".swiftpm", "__pycache__", "node_modules"]

    private init(below root: URL) {
        var files: [File] = []
        var paths: Set<String> = []
        let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isDirectoryKey])
        while let url = walker?.nextObject() as? URL {
            if PaperTree.foreign.contains(url.lastPathComponent) {
                walker?.skipDescendants()
                continue
            }
            let whole = url.path(percentEncoded: false)
            let path = String(whole.dropFirst(root.path(percentEncoded: false).count))
            paths.insert(path.hasSuffix("/") ? String(path.dropLast()) : path)
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
            if !isFolder, let text = try? String(contentsOf: url, encoding: .utf8) {
                files.append(File(path: path, text: text))
            }
        }
        self.files = files.sorted { $0.path < $1.path }
        self.paths = paths
    }

    var pages: [File] { files.filter(\.isPage) }

    /// The pages of the targets' catalogs, by target.
    var articles: [String: [File]] {
        Dictionary(grouping: pages.filter { $0.path.contains(".docc/") }) { PaperTree.target(of: $0.path) ?? "" }
    }

    /// The target that a source file or an article belongs to.
    static func target(of path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// A path without its dots, read from `folder`; nil when it leads out of the package.
    static func resolve(_ path: String, from folder: String) -> String? {
        var parts: [Substring] = path.hasPrefix("/") ? [] : folder.split(separator: "/")
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}

extension String {
    /// Every match of a pattern, as the text of its first group.
    func matches(of pattern: NSRegularExpression) -> [String] {
        let whole = NSRange(startIndex..<endIndex, in: self)
        return pattern.matches(in: self, range: whole).compactMap { match in
            Range(match.range(at: match.numberOfRanges > 1 ? 1 : 0), in: self).map { String(self[$0]) }
        }
    }
}
