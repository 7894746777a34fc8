import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite("Limits of a shutdown", .timeLimit(.minutes(1)))
struct ShutdownLimitTests {
    /// What the limits did, in order: times are what they are asked to wait, and pass when the test says so.
    private final class Stage: Sendable {
        enum Step: Equatable {
            case counts(Duration)
            case replaced(Duration)
            case exits
        }

        let steps: AsyncStream<Step>
        private let sink: AsyncStream<Step>.Continuation
        /// The limits that are over at once.
        private let passed: Set<Duration>

        init(passed: Set<Duration> = []) {
            (steps, sink) = AsyncStream.makeStream()
            self.passed = passed
        }

        var effects: ShutdownLimit.Effects {
            ShutdownLimit.Effects(
                sleep: { [sink, passed] span in
                    sink.yield(.counts(span))
                    guard !passed.contains(span) else { return }
                    // Until the task is cancelled.
                    let (never, end) = AsyncStream.makeStream(of: Void.self)
                    for await _ in never {}
                    withExtendedLifetime(end) {}
                    sink.yield(.replaced(span))
                    throw CancellationError()
                },
                exit: { [sink] in sink.yield(.exits) })
        }
    }

    /// Ends when the test says so, after it was told to.
    private struct Slow: Service {
        let end: AsyncStream<Void>

        func run() async throws {
            try await gracefulShutdown()
            for await _ in end { return }
        }
    }

    private let log = CapturedLines()

    private func limits(_ stage: Stage) -> (database: ShutdownLimit, exchanges: ShutdownLimit) {
        let logger = Logger(label: "test") { _ in log.handler }
        let database = ShutdownLimit(
            .seconds(7), of: "the database", replacing: nil, logger: logger, beforeExit: {}, effects: stage.effects)
        return (
            database,
            ShutdownLimit(
                .seconds(2), of: "an exchange", replacing: database, logger: logger, beforeExit: {},
                effects: stage.effects)
        )
    }

    @Test("each counts for its own part only: what takes long after it is not its fault")
    func parts() async throws {
        let stage = Stage()
        let (database, exchanges) = limits(stage)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            services: [Slow(end: ends), exchanges, database], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        var seen: [Stage.Step] = []
        for await step in stage.steps.prefix(3) { seen.append(step) }
        // Each on a task of its own: the second may count before the first has begun.
        for step in [Stage.Step.counts(.seconds(7)), .replaced(.seconds(7)), .counts(.seconds(2))] {
            #expect(seen.contains(step))
        }
        end.yield()
        try await running.value
        #expect(log.all.isEmpty)
    }

    @Test("the one whose part does not end names it and ends the process", arguments: [7, 2])
    func exit(of seconds: Int) async throws {
        let stage = Stage(passed: [.seconds(seconds)])
        let (database, exchanges) = limits(stage)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let slow = Slow(end: ends)
        let group = ServiceGroup(
            services: seconds == 7 ? [exchanges, slow, database] : [slow, exchanges, database],
            logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        for await step in stage.steps where step == .exits { break }
        let awaited = seconds == 7 ? "the database" : "an exchange"
        #expect(log.all == ["\(awaited) did not let go in time; ending without"])
        end.yield()
        try await running.value
    }
}

/// The messages that were logged.
private final class CapturedLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var handler: any LogHandler { Handler(captured: self) }

    private struct Handler: LogHandler {
        let captured: CapturedLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { captured.lines.withLock { $0.append("\(event.message)") } }
    }
}
