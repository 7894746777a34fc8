import Logging
import NotifySocket
import ServiceLifecycle
import Synchronization
import Testing
import Waiting

@testable import ServiceRuntime

@Suite("What systemd is sent by a running service")
struct ServiceManagerServiceTests {
    @Test("READY comes once the service can be used, then STATUS, and STOPPING at the end")
    func order() async throws {
        let service = try ServiceUnderTest(watchdog: nil)
        service.summary.withLock { $0 = "leads" }
        try await service.run {
            #expect(service.sent() == [])
            service.becomeReady()
            try await eventually { service.sent() == ["READY=1", "STATUS=leads"] }
        }
        #expect(service.sent() == ["READY=1", "STATUS=leads", "STOPPING=1"])
    }

    @Test("a service that is told to stop before it can be used was never ready")
    func neverReady() async throws {
        let service = try ServiceUnderTest(watchdog: nil)
        try await service.run {}
        #expect(service.sent() == ["STOPPING=1"])
    }

    @Test("the watchdog is fed while every loop turns, not while one stands still, and again when it turns")
    func watchdog() async throws {
        let service = try ServiceUnderTest(watchdog: .milliseconds(20))
        service.becomeReady()
        try await service.run {
            try await eventually { service.feedings >= 10 }
            service.isTurning.withLock { $0 = false }
            try await eventually { service.sent().contains("STATUS=stuck: reactor 1") }
            let feedings = service.feedings
            // The checks go on: each nudges.
            let nudges = service.nudges.withLock { $0 }
            try await eventually { service.nudges.withLock { $0 } >= nudges + 10 }
            #expect(service.feedings == feedings)
            service.isTurning.withLock { $0 = true }
            try await eventually { service.feedings >= feedings + 3 }
            #expect(service.sent().last { $0.hasPrefix("STATUS") } == "STATUS=fine")
        }
    }

    @Test("a status for which there was no room is sent once there is some")
    func full() async throws {
        let service = try ServiceUnderTest(watchdog: .milliseconds(20))
        service.becomeReady()
        try await service.run {
            try await eventually { service.sent().last == "STATUS=fine" }
            service.fill()
            service.summary.withLock { $0 = "leads" }
            let nudges = service.nudges.withLock { $0 }
            try await eventually { service.nudges.withLock { $0 } >= nudges + 5 }
            try await eventually { service.sent().last == "STATUS=leads" }
        }
    }

    @Test("a loop that stands still is known of where no service manager listens, too")
    func unheard() async throws {
        let turns = Mutex(0)
        let isTurning = Mutex(true)
        let health = ServiceHealth(
            signs: [VitalSign("beats", limit: .milliseconds(50)) { turns.withLock { $0 } }],
            nudge: { if isTurning.withLock({ $0 }) { turns.withLock { $0 += 1 } } }, summary: { "fine" })
        let service = ServiceManagerService(
            notifier: ServiceManagerNotifier(environment: [:]), health: health, logger: Logger(label: "test"),
            longestPause: .milliseconds(5), readiness: {})
        let running = Task { try await service.run() }
        try await eventually { turns.withLock { $0 } > 3 }
        #expect(health.stuck.names == [])
        isTurning.withLock { $0 = false }
        try await eventually { health.stuck.names == ["beats"] }
        isTurning.withLock { $0 = true }
        try await eventually { health.stuck.names == [] }
        running.cancel()
        try await running.value
    }

    @Test("a loop counts as stopped only beyond its limit, and each for itself")
    func limits() {
        let start = SuspendingClock.now
        var watch = VitalSignWatch(
            [VitalSign("a", limit: .seconds(1)) { 0 }, VitalSign("b", limit: .seconds(5)) { 0 }], now: start)
        #expect(watch.stopped([0, 0], now: start + .seconds(1)) == [])
        #expect(watch.stopped([0, 0], now: start + .seconds(2)) == [0])
        #expect(watch.stopped([1, 0], now: start + .seconds(3)) == [])
        #expect(watch.stopped([1, 0], now: start + .seconds(5.5)) == [0, 1])
        #expect(watch.stopped([2, 7], now: start + .seconds(6)) == [])
    }
}

/// The service with a socket to write to, two vital signs of which a test can stop the second, and all that was sent.
private final class ServiceUnderTest: Sendable {
    let summary = Mutex("fine")
    let isTurning = Mutex(true)
    let nudges = Mutex(0)
    private let turns = Mutex([0, 0])
    private let socket: NotifySocket
    private let notifier: ServiceManagerNotifier
    private let received = Mutex<[String]>([])
    private let (ready, becomingReady) = AsyncStream<Never>.makeStream()

    /// - Parameter watchdog: how often systemd wants to be sent one.
    init(watchdog: Duration?) throws {
        socket = try NotifySocket()
        var environment = ["NOTIFY_SOCKET": socket.name]
        if let watchdog { environment["WATCHDOG_USEC"] = "\(Int64(watchdog / .microseconds(1)))" }
        notifier = ServiceManagerNotifier(environment: environment)
    }

    func becomeReady() { becomingReady.finish() }

    /// Everything so far, the watchdog's feedings left out.
    func sent() -> [String] {
        take()
        return received.withLock { $0.filter { $0 != "WATCHDOG=1" } }
    }

    var feedings: Int {
        take()
        return received.withLock { $0.count { $0 == "WATCHDOG=1" } }
    }

    /// Leaves no room for another datagram until something is read.
    func fill() { while notifier.notify(.watchdog) == .done {} }

    private func take() {
        let new = socket.received()
        received.withLock { $0 += new }
    }

    /// Runs it until `body` returns, and to its graceful end.
    func run(_ body: () async throws -> Void) async throws {
        let health = ServiceHealth(
            signs: (0..<2).map { index in
                VitalSign("reactor \(index)", limit: .milliseconds(100)) { self.turns.withLock { $0[index] } }
            },
            nudge: {
                self.nudges.withLock { $0 += 1 }
                let isTurning = self.isTurning.withLock { $0 }
                self.turns.withLock { turns in
                    turns[0] += 1
                    if isTurning { turns[1] += 1 }
                }
            },
            summary: { self.summary.withLock { $0 } })
        let (ready, logger) = (ready, Logger(label: "test"))
        let service = ServiceManagerService(notifier: notifier, health: health, logger: logger) {
            await cancelWhenGracefulShutdown { for await _ in ready {} }
        }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        let running = Task { try await group.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }
}
