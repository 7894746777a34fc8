import HTTPFraming

/// What the access log is going to say of the request at hand. One object for each connection, made with its first
/// request and used for all of them; none while the log is off.
///
/// It copies what it says out of the head, because the head's bytes are gone when the exchange ends: the method and the
/// path, and nothing else of what a client sent. A query, a cookie or any other field never gets here.
final class AccessNote {
    /// Who gave the answer, or is to give it.
    enum Answerer {
        /// Nobody yet.
        case nobody
        case node(RoutedVia)
        case controlAPI
        /// The data plane, in place of either.
        case balancer
    }

    /// Of a method at most: the longest registered one has 17 (IANA's registry); above: cut.
    static let methodBytes = 32
    /// Of a path at most; above: cut. An escaped byte takes five, so that a line stays below a pipe's piece of 4 KiB.
    static let pathBytes = 512

    /// Whether a request is noted that has not been recorded.
    private(set) var isOpen = false
    private(set) var method: [UInt8] = []
    private(set) var path: [UInt8] = []
    private(set) var isPathCut = false
    private(set) var version = HTTPVersion.http11
    /// When its head was whole: monotonic nanoseconds.
    private(set) var beganAt: UInt64 = 0
    /// 0: none has come.
    var status: UInt16 = 0
    /// Bytes of the response, head and interim heads included, that the client has or that wait for it.
    var responseBytes = 0
    private(set) var answerer = Answerer.nobody
    /// The node that got the request last; empty: none did.
    private(set) var node: [UInt8] = []

    init() {
        method.reserveCapacity(AccessNote.methodBytes)
        path.reserveCapacity(AccessNote.pathBytes)
    }

    /// A request whose head is whole.
    func open(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, at now: UInt64) {
        openUnread(at: now)
        method.append(contentsOf: head.methodText.bytes(in: bytes).prefix(AccessNote.methodBytes))
        let whole = head.path.bytes(in: bytes)
        path.append(contentsOf: whole.prefix(AccessNote.pathBytes))
        isPathCut = whole.count > AccessNote.pathBytes
        version = head.version
    }

    /// A request that is answered although its head was not understood: nothing of it is shown, because nobody knows what
    /// in it is a path.
    func openUnread(at now: UInt64) {
        isOpen = true
        method.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        isPathCut = false
        beganAt = now
        status = 0
        responseBytes = 0
        answerer = .nobody
        node = []
    }

    func forwarded(to node: [UInt8], _ via: RoutedVia) {
        self.node = node
        answerer = .node(via)
    }

    func forwardedToControlAPI() { answerer = .controlAPI }

    /// The data plane's own answer of so many bytes.
    func answered(_ status: UInt16, bytes: Int) {
        self.status = status
        responseBytes += bytes
        answerer = .balancer
    }

    func close() { isOpen = false }
}
