import Glibc

/// Signal dispositions that hold for the whole process and are set once, before any thread starts.
package enum ProcessSignals {
    /// A peer that went away shows as EPIPE where it is written to, not as the end of the process.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
