import DataPlane
import Synchronization

/// An access log's lines, and whether anybody takes them.
final class CollectedLines: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var outcome = AccessLog.Outcome.taken
    }

    private let state = Mutex(State())

    var lines: [String] {
        state.withLock { String(decoding: $0.bytes, as: UTF8.self) }.split(separator: "\n").map(String.init)
    }

    func answer(_ outcome: AccessLog.Outcome) { state.withLock { $0.outcome = outcome } }

    func log(_ form: AccessLog.Form = .text) throws -> AccessLog {
        try AccessLog(form: form) { [self] lines in
            state.withLock { state in
                if state.outcome == .taken { state.bytes += lines }
                return state.outcome
            }
        }
    }
}
