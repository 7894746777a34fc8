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
    /// A moment in the heap; what happens then lies in a slot of its own, so that the heap moves numbers only.
    private struct Event {
        let at: Duration
        /// The seed's order among events of one moment.
        let order: UInt64
        let slot: Int

        static func < (left: Event, right: Event) -> Bool {
            left.at != right.at ? left.at < right.at : left.order < right.order
        }
    }

    private let thread = pthread_self()
    private var heap: [Event] = []
    private var actions: [(() -> Void)?] = []
    private var freeSlots: [Int] = []
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
        heap.append(Event(at: now + max(span, .zero), order: random.next(), slot: slot(for: action)))
        rise(from: heap.count - 1)
    }

    private func slot(for action: @escaping () -> Void) -> Int {
        guard let slot = freeSlots.popLast() else {
            actions.append(action)
            return actions.count - 1
        }
        actions[slot] = action
        return slot
    }

    private func perform(_ event: Event) {
        let action = actions[event.slot]
        actions[event.slot] = nil
        freeSlots.append(event.slot)
        action?()
        runReady()
    }

    /// Runs what is ready and what is due until `end`, or until `goesOn` says no after a step.
    package func run(until end: Duration, while goesOn: () -> Bool) {
        runReady()
        while let next = heap.first, next.at <= end, goesOn() {
            takeFirst()
            now = next.at
            steps += 1
            perform(next)
        }
        now = max(now, end)
    }

    /// Runs whatever is left, however late: the end of a simulation.
    package func runOut() {
        runReady()
        while let next = heap.first {
            takeFirst()
            now = max(now, next.at)
            perform(next)
        }
    }

    private func runReady() {
        while !ready.isEmpty {
            ready.swapAt(random.index(below: ready.count), ready.count - 1)
            ready.removeLast().runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    // MARK: A binary heap

    private func rise(from start: Int) {
        var child = start
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func takeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
