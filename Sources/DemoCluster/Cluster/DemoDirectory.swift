import FoundationEssentials
import Glibc

/// The demo's directory under /tmp: database, logs, state files. Its name carries our process id, so that a later demo can
/// remove what one that was killed with SIGKILL had to leave.
package struct DemoDirectory: Sendable {
    private static let prefix = "kuma-demo-run-"

    /// Absolute, without a slash at its end.
    package let path: String

    /// - Throws: `DemoRefusal` when it cannot be made.
    package static func make(under parent: String = "/tmp") throws(DemoRefusal) -> DemoDirectory {
        removeAbandoned(under: parent)
        var name = Array("\(parent)/\(prefix)\(getpid())-XXXXXX".utf8CString)
        // SAFETY: mkdtemp(3) writes within the given text, which is ours and ends with a NUL.
        let made = name.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else {
            throw DemoRefusal("cannot make a directory in \(parent): \(String(cString: strerror(errno)))")
        }
        return DemoDirectory(path: made)
    }

    /// With all that is in it; what cannot be removed stays, without a word.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Ours (or any user's that we may remove), of a process that is gone.
    private static func removeAbandoned(under parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names {
            guard let owner = owner(of: name), kill(owner, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }

    /// The process id in a directory's name; nil when it is none of the demo's.
    package static func owner(of name: String) -> Int32? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        guard let dash = rest.firstIndex(of: "-"), let owner = Int32(rest[..<dash]), owner > 1 else { return nil }
        return owner
    }
}
