import Dispatch
import Glibc

/// The signals that ask a process to end, as a stream: SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed).
///
/// Keep it for as long as they are wanted: its end takes the observers away, and the signals are then ignored.
package final class TerminationSignals {
    /// Each arrival.
    package let arrivals: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    /// From now on these signals do not end the process by themselves any more.
    package init() {
        let (arrivals, arrival) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingOldest(8))
        self.arrivals = arrivals
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // A dispatch source only observes; the default action has to go first (dispatch_source_create(3)).
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { arrival.yield(number) }
            source.resume()
            return source
        }
        // A terminal that is gone must not end the demo in the middle of its clean-up.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
