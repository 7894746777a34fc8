import Glibc
import Synchronization

/// The one thread on which a connection's blocking C calls run: an actor's executor, so that no thread of the shared pool
/// ever waits for a database.
///
/// The thread lives as long as this object. A cancelled caller changes nothing here: its job runs to its end, under the
/// statement's own deadline. The queue holds at most one job for each task that is waiting on the actor.
final class DatabaseThread: SerialExecutor {
    private let queue: JobQueue

    init() {
        let queue = JobQueue()
        self.queue = queue
        // The thread holds the queue and not this object, so that dropping the last connection ends it.
        do throws(DetachedThread.Failure) { try DetachedThread.start { queue.serve() } } catch {
            // Traps: a process without a thread for its database cannot work, and no later moment is better to end it.
            fatalError("no thread for the database: error \(error.code)")
        }
    }

    deinit { queue.finish() }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), for: asUnownedSerialExecutor())
    }
}

/// Jobs on their way to the thread, first in, first out.
private final class JobQueue: Sendable {
    private struct Entry {
        let job: UnownedJob
        let executor: UnownedSerialExecutor
    }

    private struct State {
        var entries: [Entry] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    /// Counts wake-ups: one for each entry, one for the end.
    private let wakeUps = Semaphore()

    func append(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
        state.withLock { $0.entries.append(Entry(job: job, executor: executor)) }
        wakeUps.signal()
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        wakeUps.signal()
    }

    func serve() {
        DatabaseLibrary.threadBegins()
        while true {
            wakeUps.wait()
            let (batch, isFinished) = state.withLock { state in
                defer { state.entries.removeAll() }
                return (state.entries, state.isFinished)
            }
            // An entry's job retains its actor, which retains the executor: the unowned reference is valid while it runs.
            for entry in batch { entry.job.runSynchronously(on: entry.executor) }
            if isFinished, batch.isEmpty { break }
        }
        DatabaseLibrary.threadEnds()
    }
}

/// sem_t behind a class, so that its address never changes.
private final class Semaphore: @unchecked Sendable {
    // SAFETY: sem_post(3) and sem_wait(3) are made for use by several threads at once; the pointer itself never changes.
    private let handle: UnsafeMutablePointer<sem_t>

    init() {
        handle = .allocate(capacity: 1)
        handle.initialize(to: sem_t())
        sem_init(handle, 0, 0)
    }

    deinit {
        // SAFETY: the last reference is going: nobody waits on it or posts to it any more.
        sem_destroy(handle)
        handle.deallocate()
    }

    func signal() { sem_post(handle) }

    func wait() { while sem_wait(handle) != 0 && errno == EINTR {} }
}
