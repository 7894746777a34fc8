/// Whether the peer of the client connection is one of `LB_TRUSTED_PROXIES`.
package enum PeerTrust: Sendable {
    /// What it says about addresses is replaced by what we see.
    case untrusted
    /// `X-Forwarded-For` is appended to; the other forwarding fields are kept when sent, and set when not.
    case trusted
}

/// What the data plane knows about a client connection and writes into each of its requests.
///
/// SAFETY: the buffers are read during `rewrite` only; whoever makes this keeps them alive until it returns. They
/// hold printable ASCII without CR or LF.
package struct RequestStamps {
    /// The client's address as text, without port or brackets: `192.0.2.7`, `2001:db8::7`.
    package var clientAddress: UnsafeRawBufferPointer
    /// `http` or `https`.
    package var proto: UnsafeRawBufferPointer
    /// What the client connected to, `192.0.2.1:8084` or `[2001:db8::1]:8084`: the `Host` of an HTTP/1.0 request that
    /// names none (RFC 9112 §3.3). Read for such a request only.
    package var authority: UnsafeRawBufferPointer
    /// Whether what the client says of the way so far is kept.
    package var trust: PeerTrust

    package init(
        clientAddress: UnsafeRawBufferPointer, proto: UnsafeRawBufferPointer, authority: UnsafeRawBufferPointer,
        trust: PeerTrust
    ) {
        self.clientAddress = clientAddress
        self.proto = proto
        self.authority = authority
        self.trust = trust
    }
}
