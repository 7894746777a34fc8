/// Whether the client's pin is to be cleared, because it names a node that is unknown or offline.
package enum PinClearing: Sendable {
    case none
    /// `Set-Cookie: KUMA_FIXED_NODE=; …` is added beside the node's own cookies.
    case clear
}

/// Writes the head that goes to the client (DESIGN.md §3.2): hop-by-hop fields and the node's own copies of the
/// `X-Routed-…` fields left out, ours added. Body framing is relayed as it came.
package enum ResponseHeadRewriter {
    /// - Parameters:
    ///   - head: as sniffed from `bytes`, with `fields` not overwritten since.
    ///   - client: what we do with the client connection after this response. Without effect on interim responses and
    ///     tunnels.
    ///   - routed: whole field lines with their CRLFs, precomputed per node: `X-Routed-Via` and `X-Routed-To`. Empty for
    ///     responses of the control API. Left out of interim responses.
    ///   - output: `head.headBytes + routed.count + FramingLimits.responseStampRoom` bytes are always enough. Must not
    ///     overlap `bytes`.
    ///
    /// SAFETY: all pointers are used within their bounds and during the call only.
    package static func rewrite(
        _ head: ResponseHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable,
        client: Persistence, routed: UnsafeRawBufferPointer, pin: PinClearing,
        into output: UnsafeMutableRawBufferPointer
    ) -> RewriteOutcome {
        .tooLarge
    }
}
