import Glibc

/// Notifies systemd of how the service is (sd_notify(3)): datagrams to the socket that `NOTIFY_SOCKET` names, a path or, with a
/// leading `@`, an abstract name. Without the variable nobody listens, and every call does nothing.
package struct ServiceManagerNotifier: Sendable {
    /// What is to be said; several go in one datagram.
    package enum State: Sendable, Equatable {
        case ready
        case stopping
        case watchdog
        /// One line for `systemctl status`.
        case status(String)

        var line: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
            }
        }
    }

    private let socketName: String?
    /// How often systemd wants a `WATCHDOG=1` (`WATCHDOG_USEC`), halved as sd_watchdog_enabled(3) advises. Nil:
    /// never.
    package let watchdogInterval: Duration?

    /// - Parameter environment: the process's own; read once at the start.
    package init(environment: [String: String]) {
        socketName = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        watchdogInterval = ServiceManagerNotifier.watchdog(environment)
    }

    private static func watchdog(_ environment: [String: String]) -> Duration? {
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        // WATCHDOG_PID names whom it is meant for: a child inherits the variables but not the duty.
        if let pid = environment["WATCHDOG_PID"], Int32(pid) != getpid() { return nil }
        return .microseconds(microseconds / 2)
    }

    /// Sends the states in one datagram. Never blocks and never fails: a service manager that does not listen is no
    /// reason to stop working.
    /// - Returns: how it ended; only `full` is worth another attempt.
    @discardableResult
    package func notify(_ states: State...) -> Delivery {
        guard let socketName, !states.isEmpty else { return .done }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .done }
        defer { close(descriptor) }
        let message = Array(states.map(\.line).joined(separator: "\n").utf8)
        return ServiceManagerNotifier.send(message, to: socketName, through: descriptor)
    }

    /// What became of a datagram.
    package enum Delivery: Sendable {
        /// It was sent, or there is nobody to send it to.
        case done
        /// Its reader is behind: of the datagrams that wait for it there may be ten (`net.unix.max_dgram_qlen`, unix(7)).
        case full
    }

    private static func send(_ message: [UInt8], to name: String, through descriptor: Int32) -> Delivery {
        var bytes = Array(name.utf8)
        // unix(7): an abstract name begins with a NUL byte and is not terminated.
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { return .done }
        // SAFETY: `bytes.count` was checked against the size of `sun_path`, which the closure's pointer covers.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let isAbstract = bytes.first == 0
        let nameBytes = bytes.count + (isAbstract ? 0 : 1)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + nameBytes)
        // SAFETY: sockaddr_un begins as sockaddr does (unix(7)); `length` stays inside it, and `message` outlives the call.
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                message.withUnsafeBytes { bytes in
                    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                    return sendto(descriptor, bytes.baseAddress, bytes.count, flags, generic, length)
                }
            }
        }
        return sent < 0 && errno == EAGAIN ? .full : .done
    }
}
