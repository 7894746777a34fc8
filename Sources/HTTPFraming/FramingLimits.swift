// HTTP/1 as bytes: where heads and bodies begin and end, what is refused, what is rewritten. Bytes come in, findings go
// out. Never a socket, a clock or a node of the cluster.

/// Every limit of the framing layer: its reason, and what a client or a node gets beyond it (Strictness.md).
package enum FramingLimits {
    /// A whole request head, from its first byte to the empty line. Beyond: `431`. Browsers and Kuma stay below 16 KiB
    /// (Node.js refuses more itself), and a reactor's receive buffer holds one head and room to spare.
    package static let requestHeadBytes = 16 * 1024

    /// A request line without its CRLF. Beyond: `414`. RFC 9112 §3 recommends that 8000 octets be supported at least.
    package static let requestLineBytes = 8000

    /// Field lines of a request. Beyond: `431`. HAProxy's and Apache's default is about the same.
    package static let requestFields = 100

    /// Options of all `Connection` fields of a head together. Beyond: `431`, or `502` for a node's. Each field line is
    /// looked up among them, so their length multiplies with the number of lines; real ones take 30 bytes.
    package static let connectionOptionBytes = 1024

    /// Bytes of empty lines that are skipped before a request line (RFC 9112 §2.2: old clients send one after a body).
    /// Beyond: `400`.
    package static let leadingEmptyLineBytes = 8

    /// A whole response head. Beyond: `502`. One less than 64 KiB, so that every offset into a head fits 16 bits.
    package static let responseHeadBytes = 64 * 1024 - 1

    /// A status line without its CRLF. Beyond: `502`. As for requests; reasons are a few words.
    package static let statusLineBytes = 8000

    /// Field lines of a response. Beyond: `502`. Twice a request's: a node may set many cookies.
    package static let responseFields = 200

    /// The largest `Content-Length`, and the largest size of one chunk. Beyond: `400`, or `502` for a node's. Many servers
    /// read them into 63 bits and a sign, and what overflows there is a second reading.
    package static let largestLength = UInt64(Int64.max)

    /// Chunk extensions of one body, all chunks together. Beyond: `400`, or `502` for a node's body. Nobody sends any;
    /// without a limit they are a way to send endless bytes that are no data (CVE-2023-39326, CVE-2024-22019).
    package static let chunkExtensionBytes = 4 * 1024

    /// Hexadecimal digits of one chunk size, leading zeros included: as many as 64 bits have. Beyond: as above.
    package static let chunkSizeDigits = 16

    /// Trailer section of one chunked body, line ends included. Beyond: as above.
    package static let trailerBytes = 8 * 1024

    /// Field lines of one trailer section. Beyond: as above.
    package static let trailerFields = 32

    /// A Socket.IO session id that is looked at. Engine.IO issues 20 characters; a longer one is treated as absent.
    package static let sessionIDBytes = 64

    /// The first part of a polling response that is searched for a session id; handshakes are under 1 KiB
    /// (FactsAboutKuma.md).
    package static let handshakeBytes = 1024

    /// What an output buffer needs beyond the head it rewrites, when the client's address takes up to 45 bytes: the
    /// stamps, the connection fields and the framing field in normal form. A smaller buffer gets `.tooLarge`.
    package static let requestStampRoom = 512

    /// The same for a response, beyond the head and the routed block.
    package static let responseStampRoom = 256
}
