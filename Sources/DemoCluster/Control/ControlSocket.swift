import FoundationEssentials
import Glibc

/// Where the running demos of this user listen for their second terminals: one socket a demo, named by its port.
package struct ControlSocket: Sendable, Equatable {
    /// `$XDG_RUNTIME_DIR/kuma-demo`, or `/tmp/kuma-demo-<uid>` where there is none.
    package let directory: String

    /// - Parameter userID: used where the environment names no directory of the user's own.
    package init(environment: [String: String], userID: UInt32) {
        if let runtime = environment["XDG_RUNTIME_DIR"], !runtime.isEmpty {
            directory = runtime + "/kuma-demo"
        } else {
            directory = "/tmp/kuma-demo-\(userID)"
        }
    }

    /// By this process's environment and user.
    package static var ofThisUser: ControlSocket {
        ControlSocket(environment: ProcessInfo.processInfo.environment, userID: getuid())
    }

    /// - Parameter port: of the demo's first balancer.
    package func path(port: UInt16) -> String { "\(directory)/\(port).sock" }

    /// Makes the directory, for this user only.
    /// - Throws: `DemoRefusal` when somebody else owns it: a stranger's socket must not get our commands.
    package func prepare() throws(DemoRefusal) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw DemoRefusal("cannot make \(directory): \(String(cString: strerror(errno)))")
        }
        guard isOurs else {
            throw DemoRefusal("\(directory) belongs to somebody else, or is no directory of mode 0700")
        }
    }

    private var isOurs: Bool {
        var info = stat()
        // SAFETY: lstat(2) fills the struct it is given.
        guard lstat(directory, &info) == 0 else { return false }
        return info.st_uid == getuid() && info.st_mode & S_IFMT == S_IFDIR && info.st_mode & 0o077 == 0
    }

    /// The ports of the sockets that lie there, ascending; some may belong to demos that are gone.
    package func ports() -> [UInt16] {
        guard isOurs else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap(ControlSocket.port(ofName:)).sorted()
    }

    /// The number of `8084.sock`; nil for any other name.
    package static func port(ofName name: String) -> UInt16? {
        guard name.hasSuffix(".sock") else { return nil }
        return UInt16(name.dropLast(".sock".count))
    }
}
