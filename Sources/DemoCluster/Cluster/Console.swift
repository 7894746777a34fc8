import Glibc
import Synchronization

/// What the demo shows on its terminal: whole lines, in colour only where a person looks.
package final class Console: Sendable {
    /// How a line looks on a terminal; anywhere else every tone is plain.
    package enum Tone: Sendable {
        case plain
        case good
        case bad
        case quiet
        case strong

        /// ECMA-48 SGR parameter.
        fileprivate var code: String {
            switch self {
            case .plain: ""
            case .good: "32"
            case .bad: "31"
            case .quiet: "2"
            case .strong: "1"
            }
        }
    }

    private let start = ContinuousClock.now
    private let isTerminal: Bool
    /// One line at a time, from whichever task.
    private let output = Mutex(())

    /// Asks once whether standard output is a terminal; the seconds of `log` count from here.
    package init() {
        isTerminal = isatty(STDOUT_FILENO) == 1
    }

    /// One line as it is.
    package func print(_ line: String, _ tone: Tone = .plain) { write(colour(line, tone) + "\n") }

    /// One line with the seconds since the start before it.
    package func log(_ line: String, _ tone: Tone = .plain) {
        let seconds = start.duration(to: .now).seconds
        let time = MeasurementText.seconds(seconds)
        let padded = String(repeating: " ", count: max(0, 8 - time.count)) + time
        write(colour(padded, .quiet) + "  " + colour(line, tone) + "\n")
    }

    private func colour(_ text: String, _ tone: Tone) -> String {
        guard isTerminal, !tone.code.isEmpty else { return text }
        return "\u{1B}[\(tone.code)m\(text)\u{1B}[0m"
    }

    /// Straight to the descriptor: nothing stays in a buffer when the process ends. A reader that is gone is no reason to
    /// stop the cluster.
    private func write(_ text: String) {
        output.withLock { _ in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                // SAFETY: write(2) reads at most the count given from memory that lives for the whole call.
                let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}

extension Duration {
    /// With fractions.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
