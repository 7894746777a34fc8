import Glibc

/// The socket that systemd holds at the other end of sd_notify(3), for a test to read.
package final class NotifySocket: Sendable {
    package struct Failure: Error {
        package let code: Int32
    }

    /// For `NOTIFY_SOCKET`.
    package let name: String
    private let descriptor: Int32

    /// - Parameter name: a path, or with a leading `@` an abstract name.
    package init(name: String) throws(Failure) {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var bytes = Array(name.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: test names are far shorter than `sun_path`; copyBytes would trap otherwise.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
        let number = descriptor
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
        }
        guard status == 0 else { throw Failure(code: errno) }
    }

    /// With an abstract name that nobody else has.
    package convenience init() throws(Failure) {
        try self.init(name: "@kuma-notify-\(getpid())-\(UInt64.random(in: 0 ... .max))")
    }

    deinit {
        close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    /// What waits to be read, one text a datagram; empty when nothing does. Never waits.
    package func received() -> [String] {
        var texts: [String] = []
        while let text = next(milliseconds: 0) { texts.append(text) }
        return texts
    }

    /// The next datagram.
    /// - Throws: `Failure` with ETIMEDOUT when none comes within thirty seconds.
    package func receive() throws(Failure) -> String {
        guard let text = next(milliseconds: 30_000) else { throw Failure(code: ETIMEDOUT) }
        return text
    }

    private func next(milliseconds: Int32) -> String? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
