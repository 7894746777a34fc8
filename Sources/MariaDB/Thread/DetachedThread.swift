import Glibc

/// A thread for blocking C calls; nobody waits for its end.
enum DetachedThread {
    /// What pthread_create(3) said, such as EAGAIN where a limit of threads or of memory is reached.
    struct Failure: Error {
        let code: Int32
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// - Throws: when there is no thread to be had; then `body` never runs.
    static func start(_ body: @escaping @Sendable () -> Void) throws(Failure) {
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
            throw Failure(code: outcome)
        }
    }
}
