import Logging
import Synchronization

/// What a control plane logged, a line each: message and metadata.
final class CollectedLog: Sendable {
    private let collected = Mutex<[String]>([])

    func lines(with text: String) -> [String] { collected.withLock { $0.filter { $0.contains(text) } } }
    func add(_ line: String) { collected.withLock { $0.append(line) } }
}

struct CollectingLogHandler: LogHandler {
    let collected: CollectedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(_ collected: CollectedLog) { self.collected = collected }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        collected.add("\(event.level) \(event.message) \(details)")
    }
}
