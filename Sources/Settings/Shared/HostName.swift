import Glibc

/// This machine's name, as `gethostname(2)` has it; in a container that is the container's host name.
package enum HostName {
    /// Nil where the machine has none.
    package static var own: String? {
        // POSIX allows 255 bytes and the terminator.
        var bytes = [CChar](repeating: 0, count: 256)
        // SAFETY: gethostname(2) writes at most `count - 1` bytes, so the buffer stays terminated.
        let status = bytes.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return -1 }
            return gethostname(start, buffer.count - 1)
        }
        guard status == 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}
