import DataPlane
import ServiceRuntime

extension BalancerSettings {
    /// nil: none is kept.
    /// - Throws: when its file cannot be opened.
    func makeAccessLog() throws -> AccessLog? {
        guard let sink = try accessLog.makeSink() else { return nil }
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
