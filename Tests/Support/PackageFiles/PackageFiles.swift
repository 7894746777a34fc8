package import Foundation

/// The files of the package's own tree, for tests about what is written there: settings in deployment files, links, names.
package enum PackageFiles {
    /// The folder of Package.swift.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter path: relative to the package, such as `compose/cluster.http`.
    package static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
