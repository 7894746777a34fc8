import CLinux
import Glibc
import Synchronization

/// The thread that runs one reactor, from its making until `join`.
struct ReactorThread: Sendable {
    let mailbox: ReactorMailbox
    private let thread: pthread_t

    /// What travels to the new thread.
    private final class Cargo {
        let reactor: Reactor
        let name: String
        let whenEnded: @Sendable () -> Void

        init(reactor: Reactor, name: String, whenEnded: @escaping @Sendable () -> Void) {
            self.reactor = reactor
            self.name = name
            self.whenEnded = whenEnded
        }
    }

    /// - Parameter whenEnded: called on the thread as its last act, after all of the reactor's connections are closed.
    init(
        _ reactor: Reactor, name: String, mailbox: ReactorMailbox, whenEnded: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        self.mailbox = mailbox
        // SAFETY: the reference is handed to the thread, which takes it over; nobody here uses the reactor again.
        let cargo = Unmanaged.passRetained(Cargo(reactor: reactor, name: name, whenEnded: whenEnded))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let cargo = Unmanaged<Cargo>.fromOpaque(pointer).takeRetainedValue()
                clinux_name_thread(cargo.name)
                clinux_block_broken_pipe_signal()
                cargo.reactor.run()
                cargo.whenEnded()
                return nil
            }, cargo.toOpaque())
        guard result == 0 else {
            cargo.release()
            throw SystemError(number: result)
        }
        self.thread = thread
    }

    /// Waits for the thread's end; once.
    func join() { pthread_join(thread, nil) }

    func stopAndJoin() {
        mailbox.give(.stop)
        join()
    }
}

/// Lets a task wait until every reactor has ended.
final class ReactorGate: Sendable {
    private struct State {
        var inside = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() { state.withLock { $0.inside += 1 } }

    func leave() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func allLeft() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state -> Bool in
                if state.inside == 0 { return true }
                state.waiters.append(waiter)
                return false
            }
            if isOver { waiter.resume() }
        }
    }
}
