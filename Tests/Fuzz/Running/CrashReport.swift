import Glibc
import Synchronization

/// Names the case that was running when the process crashed: a trap leaves no other trace of it.
enum CrashReport {
    static let currentSeed = Atomic<UInt64>(0)

    static func install() {
        currentSeed.store(0, ordering: .relaxed)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
            signal(number) { caught in
                CrashReport.writeSeed()
                signal(caught, SIG_DFL)
                raise(caught)
            }
        }
    }

    /// Only write(2): nothing else is safe in a signal handler (signal-safety(7)).
    private static func writeSeed() {
        write("\ncrashed; repeat with --cases 1 --seed ")
        let seed = currentSeed.load(ordering: .relaxed)
        var power: UInt64 = 1
        while seed / power > 9 { power *= 10 }
        while power > 0 {
            var digit = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: seed / power % 10)
            _ = Glibc.write(STDERR_FILENO, &digit, 1)
            power /= 10
        }
        write("\n")
    }

    private static func write(_ text: StaticString) {
        _ = Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
