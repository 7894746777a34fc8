import Glibc

/// For what a command writes to a person before logging is set up.
package enum StandardError {
    /// - Parameter text: without its last line's end.
    package static func print(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        // SAFETY: `bytes` outlives the call. A short write loses the tail of a message to a person; nothing depends on it.
        bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
