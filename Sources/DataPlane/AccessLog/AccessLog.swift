import ClusterCore
import Glibc
import Synchronization

/// `LB_ACCESS_LOG`: a line for each request when it has ended. The reactors leave them in rings of their own; one thread
/// takes them to the sink, so that a slow disk or a full pipe costs lines, which are counted, and no request any time.
package final class AccessLog: Sendable {
    /// How a request's line is written.
    package enum Form: Sendable {
        /// The Common Log Format with what a balancer knows behind it.
        case text
        /// One object a line.
        case json
    }

    /// What became of some lines.
    package enum Outcome: Sendable {
        case taken
        /// Nobody takes them just now; they are offered again.
        case notNow
        case lost
    }

    /// Takes whole lines, at most `pieceBytes` of them. Called on the writer's thread, and may take its time.
    package typealias Sink = @Sendable (UnsafeRawBufferPointer) -> Outcome

    /// What a pipe takes in one piece or not at all (pipe(7), PIPE_BUF).
    package static let pieceBytes = 4096
    /// Lines are written at most this often, many in one call; a reactor wakes the writer no oftener. Microseconds.
    private static let pauseMicroseconds: useconds_t = 50_000

    private struct State {
        var sources: [AccessWriter.Source] = []
        var thread: pthread_t?
    }

    let form: Form
    private let sink: Sink
    private let state = Mutex(State())
    private let mailbox: ReactorMailbox
    private let isWriterAsleep = Atomic<Bool>(false)

    /// - Throws: when the process is out of descriptors.
    package init(form: Form, sink: @escaping Sink) throws(DataPlaneError) {
        self.form = form
        self.sink = sink
        do throws(SystemError) { mailbox = try ReactorMailbox() } catch { throw .systemRefused(reason: "\(error)") }
    }

    /// For one more reactor; before `start`.
    func makeRecorder(_ facts: TrafficFacts) -> AccessRecorder {
        let ring = AccessRing()
        state.withLock { $0.sources.append(AccessWriter.Source(ring: ring, facts: facts)) }
        return AccessRecorder(self, ring: ring, facts: facts)
    }

    func start() throws(SystemError) {
        let sources = state.withLock { $0.sources }
        // SAFETY: the reference is handed to the thread, which takes it over; it ends in `end`, before this object does.
        let writer = Unmanaged.passRetained(AccessWriter(self, sources: sources, sink: sink))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<AccessWriter>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, writer.toOpaque())
        guard result == 0 else {
            writer.release()
            throw SystemError(number: result)
        }
        state.withLock { $0.thread = thread }
    }

    /// Writes what there is, as far as somebody takes it at once, and ends the thread. After the reactors' end.
    func end() {
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        guard let thread else { return }
        mailbox.give(.stop)
        pthread_join(thread, nil)
    }

    /// By a reactor, after it put a line.
    func wakeWriter() {
        guard isWriterAsleep.load(ordering: .sequentiallyConsistent) else { return }
        if isWriterAsleep.exchange(false, ordering: .acquiringAndReleasing) { mailbox.wake() }
    }

    // MARK: The writer's thread

    var isEnding: Bool { mailbox.command == .stop }

    /// Gathers lines for a moment.
    func pause() { if !isEnding { usleep(AccessLog.pauseMicroseconds) } }

    /// Sleeps until there is a line, unless one came meanwhile.
    func sleepUntilWoken(unless hasLines: () -> Bool) {
        isWriterAsleep.store(true, ordering: .sequentiallyConsistent)
        defer { isWriterAsleep.store(false, ordering: .relaxed) }
        guard !hasLines(), !isEnding else { return }
        var awaited = pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)
        _ = SystemCall.retrying { Int(poll(&awaited, 1, -1)) }
        mailbox.acknowledge()
    }
}
