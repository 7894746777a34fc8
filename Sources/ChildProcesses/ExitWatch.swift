import Glibc
import Synchronization

/// Notices the end of one child: a thread waits for it, reports it to everybody who asked, and only then lets the kernel
/// reuse its process id.
final class ExitWatch: Sendable {
    private struct State {
        var exit: ChildProcess.Exit?
        var waiters: [UInt64: CheckedContinuation<ChildProcess.Exit?, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let processID: Int32
    private let state = Mutex(State())

    init(processID: Int32) { self.processID = processID }

    func begin() {
        DetachedThread.start { [self] in
            var info = siginfo_t()
            // WNOWAIT leaves it a zombie, so that its id stays ours while a signal may be on its way.
            while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            let waiters = state.withLock { state in
                var status: Int32 = 0
                while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
                state.exit = ExitWatch.exit(status)
                defer { state.waiters.removeAll() }
                return (Array(state.waiters.values), state.exit)
            }
            for waiter in waiters.0 { waiter.resume(returning: waiters.1) }
        }
    }

    /// wait(2): the low seven bits are the signal, the next byte is the exit code.
    private static func exit(_ status: Int32) -> ChildProcess.Exit {
        let signal = status & 0x7F
        return signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }

    var exit: ChildProcess.Exit? { state.withLock(\.exit) }

    /// Under the lock, so that the child cannot be reaped between the question and the signal.
    func send(_ signal: Int32) {
        state.withLock { state in
            guard state.exit == nil else { return }
            kill(processID, signal)
        }
    }

    /// Whether every thread of the child has stopped since a stop signal; true once for each stop. Until then some of its
    /// threads may still run: the signal is only the request.
    func hasStopped() -> Bool {
        state.withLock { state in
            guard state.exit == nil else { return true }
            var info = siginfo_t()
            return waitid(P_PID, id_t(processID), &info, WSTOPPED | WNOHANG) == 0 && info.si_signo == SIGCHLD
        }
    }

    func wait(atMost limit: Duration) async -> ChildProcess.Exit? {
        await withCheckedContinuation { continuation in
            let (known, number) = state.withLock { state in
                state.nextWaiter += 1
                if state.exit == nil { state.waiters[state.nextWaiter] = continuation }
                return (state.exit, state.nextWaiter)
            }
            if let known { return continuation.resume(returning: known) }
            Task { await giveUp(number, after: limit) }
        }
    }

    /// Resumes a waiter with nil, unless the child ended first: then nobody waits under this number any more.
    private func giveUp(_ number: UInt64, after limit: Duration) async {
        try? await Task.sleep(for: limit)
        state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
    }
}
