import Glibc

/// The executables under test: they lie beside the test bundle, in the build's directory.
enum BuiltExecutables {
    /// - Throws: `MissingBuild` with the command that builds what is missing: these tests never skip.
    static func demo() throws -> String {
        let directory = try ownDirectory()
        let missing = ["kuma-demo", "kuma-agent", "kuma-balancer"].filter { access("\(directory)/\($0)", X_OK) != 0 }
        guard missing.isEmpty else { throw MissingBuild(names: missing, directory: directory) }
        return "\(directory)/kuma-demo"
    }

    /// - Parameter name: such as `kuma-agent`.
    static func path(of name: String) throws -> String { try one(name) }

    static func balancer() throws -> String { try one("kuma-balancer") }

    static func agent() throws -> String { try one("kuma-agent") }

    private static func one(_ name: String) throws -> String {
        let directory = try ownDirectory()
        guard access("\(directory)/\(name)", X_OK) == 0 else {
            throw MissingBuild(names: [name], directory: directory)
        }
        return "\(directory)/\(name)"
    }

    private static func ownDirectory() throws -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: readlink(2) writes at most the count given and returns how much it wrote.
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        let path = String(decoding: buffer[..<max(0, length)], as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { throw MissingBuild(names: ["the test bundle"], directory: "") }
        return String(path[..<slash])
    }
}

struct MissingBuild: Error, CustomStringConvertible {
    let names: [String]
    let directory: String

    var description: String {
        "\(names.joined(separator: ", ")) not found in \(directory). Build everything first: swift build"
    }
}
