import Glibc

/// A directory of this process alone (mode 0700) for the socket between data plane and API. In the service manager's
/// runtime directory where there is one, else among the temporary files.
struct ControlSocketFolder: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let tried: [String]

        var description: String { "cannot make a directory for the API's socket in \(tried.joined(separator: ", "))" }
    }

    let path: String
    var socketPath: String { path + "/api.sock" }

    /// - Parameters:
    ///   - environment: the process's own.
    ///   - maximumBytes: the longest path that a socket can have.
    init(environment: [String: String], maximumBytes: Int) throws(Failure) {
        let bases = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"].compactMap { environment[$0] } + ["/tmp"]
        for base in bases where base.hasPrefix("/") {
            let free = String(repeating: "X", count: 6)
            var template = Array("\(base)/kuma-balancer-\(free)".utf8CString)
            guard template.count + "/api.sock".utf8.count <= maximumBytes + 1 else { continue }
            // mkdtemp(3) makes it with mode 0700 under a name that was free.
            // SAFETY: `template` is a terminated array of its own that mkdtemp changes in place, within its length.
            if mkdtemp(&template) != nil {
                path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
                return
            }
        }
        throw Failure(tried: bases)
    }

    func remove() {
        unlink(socketPath)
        rmdir(path)
    }
}
