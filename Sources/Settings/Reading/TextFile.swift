import Glibc

/// Reads small text files whole, up to a limit.
package enum TextFile {
    /// An environment file above this is not one.
    static let environmentFileBytes = 256 * 1024
    /// A password, token or key above this is not one.
    static let secretBytes = 16 * 1024

    /// - Throws: when it cannot be read, is longer than `limitBytes`, or is no UTF-8.
    package static func read(_ path: String, limitBytes: Int) throws(SettingRefusal) -> String {
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

    /// A file that holds one secret: its text without the byte order mark that some editors write first, and without its
    /// line's end. Everything else belongs to the secret.
    static func readSecret(_ path: String) throws(SettingRefusal) -> String {
        var scalars = try read(path, limitBytes: secretBytes).unicodeScalars[...]
        if scalars.first == StrayEnds.byteOrderMark { scalars.removeFirst() }
        if scalars.last == "\n" {
            scalars.removeLast()
            if scalars.last == "\r" { scalars.removeLast() }
        }
        guard !scalars.isEmpty else { throw SettingRefusal("file \(path) is empty") }
        return String(String.UnicodeScalarView(scalars))
    }

    /// A file of settings.
    static func readSettings(_ path: String) throws(SettingRefusal) -> String {
        let text = try read(path, limitBytes: environmentFileBytes)
        guard text.unicodeScalars.first != StrayEnds.byteOrderMark else {
            // Not passed over: systemd takes it for a part of the first name, and drops that setting.
            throw SettingRefusal("file \(path) begins with a byte order mark: save it as UTF-8 without one")
        }
        return text
    }

    private static func refusal(_ path: String) -> SettingRefusal {
        SettingRefusal("file \(path) cannot be read: \(SystemError.text(errno))")
    }
}

/// What nobody sees at the ends of a value and nobody meant: it comes from files with Windows line ends, from a line break in
/// a Kubernetes secret, from editors.
enum StrayEnds {
    static let byteOrderMark: Unicode.Scalar = "\u{FEFF}"

    /// Why the text is refused, in words that follow its name; nil for a good one.
    static func fault(of text: String) -> String? {
        switch text.unicodeScalars.last {
        case "\r": return "ends with a carriage return, as lines of a Windows file do"
        case "\n": return "ends with a line break"
        case _: break
        }
        return text.unicodeScalars.first == byteOrderMark ? "begins with a byte order mark" : nil
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
