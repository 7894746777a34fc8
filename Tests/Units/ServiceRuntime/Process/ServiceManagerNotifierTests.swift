import Glibc
import NotifySocket
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
