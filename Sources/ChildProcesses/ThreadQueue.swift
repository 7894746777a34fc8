import Glibc
import Synchronization

/// Hands values to a plain thread that blocks until one is there. Bounded by its users: one value for each waiting caller.
final class ThreadQueue<Element: Sendable>: @unchecked Sendable {
    private let elements = Mutex<[Element]>([])
    // SAFETY: sem_post(3) and sem_wait(3) are made for several threads at once; the pointer itself never changes.
    private let available: UnsafeMutablePointer<sem_t>

    init() {
        available = .allocate(capacity: 1)
        available.initialize(to: sem_t())
        sem_init(available, 0, 0)
    }

    deinit {
        // SAFETY: the last reference is going: nobody waits on it any more.
        sem_destroy(available)
        available.deallocate()
    }

    func append(_ element: Element) {
        elements.withLock { $0.append(element) }
        sem_post(available)
    }

    func next() -> Element {
        while true {
            while sem_wait(available) != 0 && errno == EINTR {}
            if let element = elements.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return element }
        }
    }
}

/// A thread outside the shared pool, for calls that block.
enum DetachedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // SAFETY: the retain made here is taken back exactly once, by the new thread, or below when there is none.
        let context = Unmanaged.passRetained(Body(run))
        let outcome = pthread_create(
            &thread, &attributes,
            { context in
                // SAFETY: `context` is the pointer that `pthread_create` was given below, which is never null.
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        pthread_attr_destroy(&attributes)
        guard outcome == 0 else {
            context.release()
            // Traps: a process that cannot have one more thread cannot work, and no later moment is better to end it.
            fatalError("no thread: error \(outcome)")
        }
    }
}
