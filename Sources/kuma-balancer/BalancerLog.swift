import ControlAPI
import Logging
import ServiceRuntime
import Settings

/// The process' log book as the API shows it.
struct BalancerLog: ProcessLog {
    let book: LogBook

    var level: Logger.Level { book.level }
    var configuredLevel: Logger.Level { book.configuredLevel }

    func change(to level: Logger.Level) { book.level = level }

    func lines(_ count: Int, atLeast level: Logger.Level, as form: LogForm) -> [String] {
        let format: LogSettings.Format =
            switch form {
            case .text: .text
            case .json: .json
            }
        return book.last(count, atLeast: level).map { $0.rendered(as: format) }
    }
}
