import Glibc

/// The executables that the demo starts: itself, and the two that lie beside it in the build's directory.
package struct SiblingExecutables: Sendable, Equatable {
    /// The running one.
    package let demo: String
    package let agent: String
    package let balancer: String

    /// - Parameter demo: the path of the running executable.
    /// - Throws: `MissingExecutable` with the command that builds it.
    package init(beside demo: String, isExecutable: (String) -> Bool) throws(MissingExecutable) {
        let directory = demo.lastIndex(of: "/").map { String(demo[..<$0]) } ?? "."
        self.demo = demo
        agent = directory + "/kuma-agent"
        balancer = directory + "/kuma-balancer"
        let missing = [agent, balancer].filter { !isExecutable($0) }
        guard missing.isEmpty else {
            throw MissingExecutable(paths: missing, isRelease: directory.hasSuffix("/release"))
        }
    }

    /// Beside the running process.
    package static func find() throws(MissingExecutable) -> SiblingExecutables {
        try SiblingExecutables(beside: ownPath()) { path in access(path, X_OK) == 0 }
    }

    private static func ownPath() -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: readlink(2) writes at most the count given and returns how much it wrote.
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        guard length > 0 else { return CommandLine.arguments.first ?? "kuma-demo" }
        return String(decoding: buffer[..<length], as: UTF8.self)
    }
}

/// An executable that should lie beside kuma-demo does not.
package struct MissingExecutable: Error, Equatable, CustomStringConvertible {
    /// At least one.
    package let paths: [String]
    /// Whether the one that runs is a release build: the others are to be built likewise.
    package let isRelease: Bool

    package var description: String {
        let names = paths.compactMap { $0.split(separator: "/").last }.map(String.init)
        let build = "swift build" + (isRelease ? " -c release" : "")
        let commands = names.map { "\(build) --product \($0)" }.joined(separator: " && ")
        return "\(paths.joined(separator: " and ")) \(paths.count == 1 ? "is" : "are") missing. Build with: \(commands)"
    }
}
