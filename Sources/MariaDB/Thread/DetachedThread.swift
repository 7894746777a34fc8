import Glibc

/// A thread for blocking C calls; nobody waits for its end.
enum DetachedThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // SAFETY: the retain made here is taken back exactly once, by the new thread, or below when there is none.
        let context = Unmanaged.passRetained(Work(body))
        let outcome = pthread_create(
            &thread, &attributes,
            { context in
                // SAFETY: `context` is the pointer that `pthread_create` was given below, which is never null.
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        pthread_attr_destroy(&attributes)
        guard outcome == 0 else {
            context.release()
            // Traps: a process that cannot have one more thread cannot work, and no later moment is better to end it.
            fatalError("no thread for the database: error \(outcome)")
        }
    }
}
