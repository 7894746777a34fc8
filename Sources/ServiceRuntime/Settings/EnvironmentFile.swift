import Glibc

/// A file of `KEY=VALUE` lines, as systemd's `EnvironmentFile=` and Compose's `env_file:` read it: `#` begins a comment
/// line, `export` is tolerated, one pair of single or double quotes around the value is taken off.
enum EnvironmentFile {
    static func parse(_ text: String, path: String, problems: inout [SettingProblem]) -> [String: String] {
        var values: [String: String] = [:]
        for (index, rawLine) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = SettingText.trimmed(rawLine)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            guard let equals = line.firstIndex(of: "=") else {
                // The line is not shown: it may be the tail of a secret.
                problems.append(SettingProblem(key: "\(path):\(index + 1)", reason: "is no KEY=VALUE line"))
                continue
            }
            var key = SettingText.trimmed(line[..<equals])
            if key.hasPrefix("export ") { key = SettingText.trimmed(key.dropFirst("export ".count)) }
            values[key] = unquoted(SettingText.trimmed(line[line.index(after: equals)...]))
        }
        return values
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }
}

/// Reads small text files whole, up to a limit.
enum TextFile {
    /// An environment file above this is not one.
    static let environmentFileBytes = 256 * 1024
    /// A password, token or key above this is not one.
    static let secretBytes = 16 * 1024

    static func read(_ path: String, limitBytes: Int) throws(SettingRefusal) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            // SAFETY: `chunk` outlives the call, and its own count bounds what read(2) writes.
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw refusal(path) }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limitBytes else {
                throw SettingRefusal("file \(path) is larger than \(limitBytes) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingRefusal("file \(path) is not UTF-8 text")
        }
        return text
    }

    private static func refusal(_ path: String) -> SettingRefusal {
        SettingRefusal("file \(path) cannot be read: \(SystemError.text(errno))")
    }
}

/// Words for errno values.
enum SystemError {
    static func text(_ code: Int32) -> String {
        // SAFETY: strerror(3) returns a valid C string; glibc's are thread-local, and it is copied at once.
        guard let words = strerror(code) else { return "error \(code)" }
        return String(cString: words)
    }
}
