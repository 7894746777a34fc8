import Glibc
import ServiceRuntime
import Testing

@Suite("Talking to systemd")
struct ServiceManagerNotifierTests {
    @Test("states arrive in one datagram, on a path and on an abstract name", arguments: ["/tmp/", "@"])
    func arrives(prefix: String) throws {
        let socket = try NotifySocket(name: "\(prefix)kuma-notify-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        let notifier = ServiceManagerNotifier(environment: ["NOTIFY_SOCKET": socket.name])
        notifier.notify(.ready, .status("two\nlines"))
        #expect(try socket.receive() == "READY=1\nSTATUS=two lines")
        notifier.notify(.stopping)
        #expect(try socket.receive() == "STOPPING=1")
    }

    @Test("without a socket, or with one that nobody reads, nothing happens")
    func silence() {
        ServiceManagerNotifier(environment: [:]).notify(.ready)
        ServiceManagerNotifier(environment: ["NOTIFY_SOCKET": "/tmp/nobody-listens-here"]).notify(.ready)
        let long = String(repeating: "x", count: 300)
        ServiceManagerNotifier(environment: ["NOTIFY_SOCKET": "/\(long)"]).notify(.ready)
    }

    @Test("the watchdog is fed twice in its interval, and only by the process it is meant for")
    func watchdog() {
        let own = ServiceManagerNotifier(environment: ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"])
        #expect(own.watchdogInterval == .milliseconds(1500))
        let other = ServiceManagerNotifier(environment: ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"])
        #expect(other.watchdogInterval == nil)
        #expect(ServiceManagerNotifier(environment: [:]).watchdogInterval == nil)
    }
}

/// What systemd holds at the other end.
private final class NotifySocket {
    let name: String
    private let descriptor: Int32

    init(name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var bytes = Array(name.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard status == 0 else { throw TemporaryFileError(code: errno) }
    }

    deinit {
        close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    /// The next datagram; fails rather than wait for one that does not come.
    func receive() throws -> String {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 5000) == 1 else { throw TemporaryFileError(code: ETIMEDOUT) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw TemporaryFileError(code: errno) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
