/// What is wrong with a body: the sender's fault. Answer `400` to a client when nothing was answered yet, `502` for a
/// node; close both sides in any case.
package enum BodyViolation: String, Equatable, Sendable {
    case badChunkSize = "bad_chunk_size"
    case chunkSizeOverflow = "chunk_size_overflow"
    case badChunkExtension = "bad_chunk_extension"
    case chunkExtensionsTooLong = "chunk_extensions_too_long"
    case badChunkLineEnd = "bad_chunk_line_end"
    case missingChunkLineEnd = "missing_chunk_line_end"
    case badTrailer = "bad_trailer"
    case trailersTooLong = "trailers_too_long"
    /// The sender closed before the body was whole.
    case truncated = "truncated_body"
}

/// What a piece of a connection's bytes means for the body that is being moved.
package enum BodyStep: Equatable, Sendable {
    /// All of the piece belongs to the body, and more is to come.
    case more
    /// The body ends within the piece, after this many of its bytes; what follows is the next message.
    case complete(bytes: Int)
    /// The piece breaks the framing. None of it may be forwarded.
    case invalid(BodyViolation)
}

/// The framing state of one message's body: tells which of the bytes that arrive belong to it. The bytes themselves are
/// relayed as framed; a chunked body is checked, not re-chunked.
package struct BodyScanner: Sendable {
    private var framing: BodyFraming

    package init(_ framing: BodyFraming) { self.framing = framing }

    /// Whether the last byte of the body has been seen; true from the start for a message without a body.
    package var isComplete: Bool {
        framing == .none
    }

    /// How many of the next bytes are body data whatever they are: the rest of the length, or of the chunk and its
    /// preceding size line has been read. These may be moved by splice(2) unseen; report them with `skip`. Zero while
    /// the next byte must be looked at. `UInt64.max` until close.
    package var blindBytes: UInt64 { 0 }

    /// Takes the next bytes of the connection. After `.complete` or `.invalid` it must not be called again; if it is,
    /// it answers the same.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> BodyStep { .more }

    /// Records that `count` bytes have been moved unseen.
    ///
    /// - Parameter count: at most `blindBytes`; more is answered with `.invalid`.
    /// - Returns: `.more`, or `.complete(bytes: count)` when that was the end of the body.
    package mutating func skip(_ count: UInt64) -> BodyStep { .more }

    /// The sender has closed its side.
    ///
    /// - Returns: `.complete(bytes: 0)` when that is a proper end of this body, otherwise `.invalid(.truncated)`.
    package mutating func endOfStream() -> BodyStep { .complete(bytes: 0) }
}
