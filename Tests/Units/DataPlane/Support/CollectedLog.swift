import Logging
import Synchronization

/// What a part logged.
final class CollectedLog: Sendable {
    struct Entry: Sendable {
        let level: Logger.Level
        let text: String
        let metadata: [String: String]
    }

    private let collected = Mutex<[Entry]>([])

    var entries: [Entry] { collected.withLock { $0 } }
    var warnings: [Entry] { entries.filter { $0.level == .warning } }

    func add(_ entry: Entry) { collected.withLock { $0.append(entry) } }
}

struct CollectingLogHandler: LogHandler {
    private let log: CollectedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ log: CollectedLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        log.add(.init(level: event.level, text: "\(event.message)", metadata: all.mapValues { "\($0)" }))
    }
}
