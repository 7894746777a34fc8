import Glibc

/// The wall clock as an access line shows it, put into words once a second.
struct AccessClock {
    private let form: AccessLog.Form
    private var second = time_t.min
    private var text: [UInt8] = []

    init(_ form: AccessLog.Form) { self.form = form }

    /// UTC, to the second: the Common Log Format's, or ISO-8601.
    mutating func now() -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        guard time.tv_sec != second else { return text }
        second = time.tv_sec
        var parts = tm()
        gmtime_r(&second, &parts)
        var line = [CChar](repeating: 0, count: 32)
        // The C locale's month names: the process never sets another.
        let pattern =
            switch form {
            case .text: "%d/%b/%Y:%H:%M:%S +0000"
            case .json: "%Y-%m-%dT%H:%M:%SZ"
            }
        let count = strftime(&line, line.count, pattern, &parts)
        text = line.prefix(count).map { UInt8(bitPattern: $0) }
        return text
    }
}
