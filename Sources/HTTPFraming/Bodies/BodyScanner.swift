/// What is wrong with a body: the sender's fault. Answer `400` to a client when nothing was answered yet, `502` for a
/// node; close both sides in any case.
package enum BodyViolation: String, Error, Equatable, Sendable, CaseIterable {
    /// Anything but a hexadecimal digit where a size is to be.
    case badChunkSize = "bad_chunk_size"
    /// More digits than `FramingLimits.chunkSizeDigits`, or a size above `FramingLimits.largestLength`.
    case chunkSizeOverflow = "chunk_size_overflow"
    /// A byte that has no place in an extension; of blanks, those outside quotes.
    case badChunkExtension = "bad_chunk_extension"
    /// Beyond `FramingLimits.chunkExtensionBytes`.
    case chunkExtensionsTooLong = "chunk_extensions_too_long"
    /// A size line, or the empty line that ends all, without CRLF.
    case badChunkLineEnd = "bad_chunk_line_end"
    /// No CRLF behind a chunk's data.
    case missingChunkLineEnd = "missing_chunk_line_end"
    /// A line that is no field.
    case badTrailer = "bad_trailer"
    /// A trailer field that says something of framing, routing or the like (RFC 9110 §6.5.1).
    case forbiddenTrailer = "forbidden_trailer"
    /// Beyond `FramingLimits.trailerBytes` or `FramingLimits.trailerFields`.
    case trailersTooLong = "trailers_too_long"
    /// The sender closed before the body was whole.
    case truncated = "truncated_body"
    /// More was moved unseen than may be: a defect of the caller, which must not continue.
    case movedTooMuch = "moved_too_much"
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
    private enum State {
        /// Bytes of a declared length that are still to come; never zero.
        case length(UInt64)
        case chunked(ChunkScanner)
        case untilClose
        case complete
        case invalid(BodyViolation)
    }

    private var state: State

    /// Before the first byte of a body. Complete at once for `.none` and `.length(0)`.
    package init(_ framing: BodyFraming) {
        switch framing {
        case .none, .length(0): state = .complete
        case .length(let length): state = .length(length)
        case .chunked: state = .chunked(ChunkScanner())
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the last byte of the body has been seen; true from the start for a message without a body.
    package var isComplete: Bool {
        switch state {
        case .complete: true
        case .length, .chunked, .untilClose, .invalid: false
        }
    }

    /// How many of the next bytes are body data whatever they are: the rest of the length, or of the current chunk.
    /// These may be moved by splice(2) unseen; report them with `skip`. Zero while the next byte must be looked at.
    /// `UInt64.max` until close.
    package var blindBytes: UInt64 {
        switch state {
        case .length(let remaining): remaining
        case .chunked(let chunks): chunks.blindBytes
        case .untilClose: .max
        case .complete, .invalid: 0
        }
    }

    /// Takes the next bytes of the connection. After `.complete` it answers `.complete(bytes: 0)`, after `.invalid` the
    /// same violation again.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        switch state {
        case .complete: return .complete(bytes: 0)
        case .invalid(let violation): return .invalid(violation)
        case .untilClose: return .more
        case .length(let remaining):
            return skip(min(remaining, UInt64(bytes.count)))
        case .chunked(var chunks):
            do throws(BodyViolation) {
                let taken = try chunks.scan(bytes)
                state = chunks.isComplete ? .complete : .chunked(chunks)
                return chunks.isComplete ? .complete(bytes: taken) : .more
            } catch {
                state = .invalid(error)
                return .invalid(error)
            }
        }
    }

    /// Records that `count` bytes have been moved unseen.
    ///
    /// - Parameter count: at most `blindBytes`; more is answered with `.invalid(.movedTooMuch)`.
    /// - Returns: `.more`, or `.complete(bytes: count)` when that was the end of the body.
    package mutating func skip(_ count: UInt64) -> BodyStep {
        guard count <= blindBytes else {
            state = .invalid(.movedTooMuch)
            return .invalid(.movedTooMuch)
        }
        switch state {
        case .length(let remaining):
            guard remaining == count else {
                state = .length(remaining - count)
                return .more
            }
            state = .complete
            // A piece is never longer than what fits one address space.
            return .complete(bytes: Int(clamping: count))
        case .chunked(var chunks):
            chunks.skip(count)
            state = .chunked(chunks)
            return .more
        case .untilClose: return .more
        case .complete: return .complete(bytes: 0)
        case .invalid(let violation): return .invalid(violation)
        }
    }

    /// The sender has closed its side.
    ///
    /// - Returns: `.complete(bytes: 0)` when that is a proper end of this body, otherwise `.invalid(.truncated)`.
    package mutating func endOfStream() -> BodyStep {
        switch state {
        case .untilClose, .complete:
            state = .complete
            return .complete(bytes: 0)
        case .length, .chunked:
            state = .invalid(.truncated)
            return .invalid(.truncated)
        case .invalid(let violation): return .invalid(violation)
        }
    }
}
