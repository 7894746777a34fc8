package import Logging
package import Settings

/// Writes log entries to standard error, one line each: lines of several threads never mix, and none waits for whoever
/// reads them (`LogPipe`). It formats by hand, so that neither Foundation nor a formatter's memory is needed. A program that
/// shows its log keeps the lines in a `LogBook` as well.
package struct StandardErrorLogHandler: LogHandler {
    /// Of its own, once somebody has set it; else the book's, which may change at any time.
    private var ownLevel: Logger.Level?
    /// Of every entry of this logger. What the provider says wins over it, and what an entry itself says over both.
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogSettings.Format
    private let startLevel: Logger.Level
    private let book: LogBook?

    /// - Parameters:
    ///   - level: holds where there is no book, and until somebody gives this logger a level of its own.
    ///   - book: keeps each line as well, and says which level holds; nil: nothing is kept.
    package init(label: String, level: Logger.Level, format: LogSettings.Format, book: LogBook? = nil) {
        self.label = label
        self.format = format
        self.book = book
        startLevel = level
    }

    /// This logger's own, once somebody has set it; else the book's as it is now; else the one of the start.
    package var logLevel: Logger.Level {
        get { ownLevel ?? book?.level ?? startLevel }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let own = event.metadata { merged.merge(own) { _, new in new } }
        if let error = event.error { merged["error"] = "\(error)" }
        let line = LogLine(
            time: LogTime.now(), level: event.level, label: label, message: event.message.description,
            metadata: merged.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 })
        book?.append(line)
        LogPipe.standardError.write(line.rendered(as: format)) { lost in
            LogLine(
                time: LogTime.now(), level: .warning, label: label,
                message: "log lines are lost: nobody took them in time", metadata: [("lines", "\(lost)")]
            ).rendered(as: format)
        }
    }
}

extension LogSettings {
    /// Makes every `Logger` of the process write to standard error as these settings say. Once, at the start.
    package func bootstrap() {
        let level = loggerLevel
        let format = format
        LoggingSystem.bootstrap { StandardErrorLogHandler(label: $0, level: level, format: format) }
    }

    /// The same, and keeps what is logged in the book that is returned.
    package func bootstrapWithBook() -> LogBook {
        let book = LogBook(level: loggerLevel)
        let (level, format) = (loggerLevel, format)
        LoggingSystem.bootstrap { StandardErrorLogHandler(label: $0, level: level, format: format, book: book) }
        return book
    }

    /// `level` as swift-log has it.
    package var loggerLevel: Logger.Level {
        switch level {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
