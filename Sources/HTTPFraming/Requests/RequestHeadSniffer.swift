/// Reads the head of one request out of the bytes received so far.
///
/// A connection keeps one of these (a few bytes) while a head is incomplete; it remembers how far it has searched, so
/// that a head which comes one byte at a time costs no more than one that comes whole. Make a new one for each head.
package struct RequestHeadSniffer: Sendable {
    package enum Outcome: Sendable {
        /// The head is not whole yet: call again with the same bytes and more behind them.
        case needMore
        case complete(RequestHead)
        /// Answer with the rejection's status and close.
        case rejected(HeadRejection)
        /// Not HTTP at all (a TLS ClientHello, binary): close without a word.
        case notHTTP
    }

    package init() {}

    /// - Parameters:
    ///   - bytes: everything received since the previous message ended; what was passed before must still be in front,
    ///     though it may have moved. Bytes after the head are not looked at.
    ///   - fields: overwritten; holds the field lines of the head after `.complete`.
    ///
    /// SAFETY: `bytes` is read within its bounds during the call only; the offsets in the head are below
    /// `RequestHead.headBytes`.
    package mutating func sniff(_ bytes: UnsafeRawBufferPointer, into fields: inout HeadFieldTable) -> Outcome {
        .needMore
    }
}
