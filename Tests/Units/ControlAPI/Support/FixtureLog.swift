import ControlAPI
import Logging
import Synchronization

/// A log of three lines.
final class FixtureLog: ProcessLog {
    private let current = Mutex(Logger.Level.info)
    let configuredLevel = Logger.Level.info
    private let kept: [(Logger.Level, String)] = [(.debug, "looked"), (.info, "served"), (.error, "failed")]

    var level: Logger.Level { current.withLock { $0 } }

    func change(to level: Logger.Level) { current.withLock { $0 = level } }

    func lines(_ count: Int, atLeast level: Logger.Level, as form: LogForm) -> [String] {
        kept.filter { $0.0 >= level }.suffix(count).map { entry in
            switch form {
            case .text: "\(entry.0) \(entry.1)"
            case .json: "{\"level\":\"\(entry.0)\",\"message\":\"\(entry.1)\"}"
            }
        }
    }
}
