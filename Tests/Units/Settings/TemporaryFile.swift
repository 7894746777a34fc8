import Glibc

/// Runs `body` with the path of a new file that holds `text`, and removes it afterwards.
func withTemporaryFile(_ text: String, _ body: (String) throws -> Void) throws {
    try withTemporaryFile(bytes: Array(text.utf8), body)
}

/// The same with bytes that need be no text.
func withTemporaryFile(bytes: [UInt8], _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/kuma-settings-XXXXXX".utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.map { mkstemp($0) } ?? -1
    }
    guard descriptor >= 0 else { throw TemporaryFileError(code: errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    guard written == bytes.count else { throw TemporaryFileError(code: errno) }
    try body(path)
}

struct TemporaryFileError: Error {
    let code: Int32
}
