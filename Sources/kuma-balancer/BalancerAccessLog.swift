import BalancerSettings
import DataPlane
import ServiceRuntime
import Settings

extension BalancerSettings {
    /// nil: none is kept.
    /// - Throws: when its file cannot be opened.
    func makeAccessLog() throws -> AccessLog? {
        guard let sink = try self.accessLog.sink else { return nil }
        let form: AccessLog.Form =
            switch log.format {
            case .text: .text
            case .json: .json
            }
        return try AccessLog(form: form) { lines in
            switch sink.offer(lines) {
            case .taken: .taken
            case .notNow: .notNow
            case .lost: .lost
            }
        }
    }
}

extension AccessLogTarget {
    /// nil: lines go nowhere.
    fileprivate var sink: (any LineSink)? {
        get throws {
            switch self {
            case .off: nil
            case .standardError: LogPipe.standardError
            case .file(let path): try AppendedFile(path)
            }
        }
    }
}
