import ClusterCore
import Glibc
package import Logging
package import Settings

/// One log entry, ready to be written as a readable line or as a JSON object.
package struct LogLine: Sendable {
    package let time: LogTime
    package let level: Logger.Level
    /// The logger's: the part of the program that speaks.
    package let label: String
    /// May hold line breaks and control characters: they are escaped when it is rendered.
    package let message: String
    /// In the order they are written.
    package let metadata: [(String, String)]

    package init(
        time: LogTime, level: Logger.Level, label: String, message: String, metadata: [(String, String)]
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata
    }

    /// One line, without its end.
    package func rendered(as format: LogSettings.Format) -> String {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var text: String {
        let name = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - name.count))
        let pairs = metadata.map { " \($0.0)=\(LogLine.plain($0.1))" }.joined()
        return "\(time.iso8601) \(name)\(padding) \(label): \(LogLine.oneLine(message))\(pairs)"
    }

    private var json: String {
        var fields = [
            ("time", time.iso8601), ("level", level.rawValue), ("label", label), ("message", message),
        ]
        // A metadata key that repeats one of ours would make a double key, which readers resolve differently.
        let reserved = Set(fields.map(\.0))
        fields += metadata.map { (reserved.contains($0.0) ? "\($0.0)_" : $0.0, $0.1) }
        return "{" + fields.map { "\(JSONString.quoted($0.0)):\(JSONString.quoted($0.1))" }.joined(separator: ",") + "}"
    }

    /// A value with spaces or quotes is quoted, so that the pairs can be told apart.
    private static func plain(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        return isPlain ? value : JSONString.quoted(value)
    }

    /// Line breaks and other control characters are escaped: nothing that a client or node sent can forge an entry.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: JSONString.isControl) else { return text }
        return text.unicodeScalars.map { JSONString.isControl($0) ? JSONString.escaped($0) : String($0) }.joined()
    }
}

/// A moment of the wall clock, for people who read logs; nothing is computed from it.
package struct LogTime: Sendable, Equatable {
    /// Milliseconds since 1970-01-01 UTC.
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// By CLOCK_REALTIME: jumps where somebody sets the clock.
    package static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// ISO-8601 in UTC with milliseconds.
    package var iso8601: String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(Int(milliseconds % 1000), 3))Z"
    }
}
