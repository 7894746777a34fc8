import Glibc
package import RepeatableRandom

/// Virtual time, and the one thread on which everything in a simulation happens.
///
/// It is the task executor of every task of the simulation, the product's own actors included: a task that is ready
/// waits here until the seed picks it, and time passes only when no task is ready. Nothing else runs, so a run is a
/// function of its seed.
///
/// SAFETY: `@unchecked Sendable` because all of it is touched by the thread that made it only; a job from any other
/// thread would be a task that escaped, and traps.
package final class Scheduler: TaskExecutor, @unchecked Sendable {
    private let thread = pthread_self()
    private var events = EventQueue()
    private var ready: [UnownedJob] = []
    package private(set) var now: Duration = .zero
    package private(set) var steps = 0
    package var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    // MARK: Tasks

    package func enqueue(_ job: consuming ExecutorJob) {
        guard pthread_equal(thread, pthread_self()) != 0 else { fatalError("a task left the simulation") }
        ready.append(UnownedJob(job))
    }

    package func start(_ body: @escaping @Sendable () async -> Void) { Task(executorPreference: self) { await body() } }

    package func sleep(_ span: Duration) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            after(span) { continuation.resume() }
        }
    }

    // MARK: Events

    package func after(_ span: Duration, _ action: @escaping () -> Void) {
        events.add(at: now + max(span, .zero), order: random.next(), action)
    }

    /// Runs what is ready and what is due until `end`, or until `goesOn` says no after a step.
    package func run(until end: Duration, while goesOn: () -> Bool) {
        runReady()
        while let next = events.nextAt, next <= end, goesOn(), let event = events.take() {
            now = event.at
            steps += 1
            event.action()
            runReady()
        }
        now = max(now, end)
    }

    /// Runs whatever is left, however late: the end of a simulation.
    package func runOut() {
        runReady()
        while let event = events.take() {
            now = max(now, event.at)
            event.action()
            runReady()
        }
    }

    private func runReady() {
        while !ready.isEmpty {
            ready.swapAt(random.index(below: ready.count), ready.count - 1)
            ready.removeLast().runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
