import ClusterCore
import HTTPFraming

/// What the access log is going to say of the request at hand. One object for each connection, made with its first
/// request and used for all of them; none while the log is off.
///
/// It copies what it says out of the head, because the head's bytes are gone when the exchange ends: the method, the path,
/// and whom a trusted proxy names; nothing else of what a client sent. A query, a cookie or any other field never gets here,
/// nor the token that Kuma's push address is.
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
    /// The address that a trusted proxy names; empty: nobody, the client is the peer.
    private(set) var client: [UInt8] = []
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
    /// Why the balancer answered itself or cut the response: a machine word; empty: it did neither.
    private(set) var reason = ""

    init() {
        method.reserveCapacity(AccessNote.methodBytes)
        path.reserveCapacity(AccessNote.pathBytes)
    }

    /// A request whose head is whole.
    /// - Parameter named: whom a trusted proxy names; shown when it looks like an address.
    func open(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, named: UnsafeRawBufferPointer, at now: UInt64
    ) {
        openUnread(at: now)
        if named.count <= IPAddress.textBytes, named.allSatisfy(AccessNote.isAddressByte) {
            client.append(contentsOf: named)
        }
        method.append(contentsOf: head.methodText.bytes(in: bytes).prefix(AccessNote.methodBytes))
        version = head.version
        let whole = head.path.bytes(in: bytes)
        if let token = AccessNote.pushToken(in: whole) {
            path.append(contentsOf: whole.prefix(min(token, AccessNote.pathBytes)))
            path.append(UInt8(ascii: "*"))
            return
        }
        path.append(contentsOf: whole.prefix(AccessNote.pathBytes))
        isPathCut = whole.count > AccessNote.pathBytes
    }

    /// What follows is a push monitor's token: whoever knows it can report for that monitor.
    private static let pushPath = StaticString("/api/push/")

    /// Where it begins; in any case of letters, as Kuma's router has it, and behind anything: a base address that ends with a
    /// slash makes two of them.
    private static func pushToken(in path: UnsafeRawBufferPointer) -> Int? {
        let count = pushPath.utf8CodeUnitCount
        guard path.count > count else { return nil }
        return (0..<(path.count - count)).first { start in
            path[start] == UInt8(ascii: "/")
                && (0..<count).allSatisfy { offset in
                    let byte = path[start + offset]
                    let isCapital = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    return (isCapital ? byte | 0x20 : byte) == pushPath.utf8Start[offset]
                }
        }.map { $0 + count }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        case _: false
        }
    }

    /// A request that is answered although its head was not understood: nothing of it is shown, because nobody knows what
    /// in it is a path.
    func openUnread(at now: UInt64) {
        isOpen = true
        client.removeAll(keepingCapacity: true)
        method.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        isPathCut = false
        beganAt = now
        status = 0
        responseBytes = 0
        answerer = .nobody
        node = []
        reason = ""
    }

    func forwarded(to node: [UInt8], _ via: RoutedVia) {
        self.node = node
        answerer = .node(via)
    }

    func forwardedToControlAPI() { answerer = .controlAPI }

    /// The data plane's own answer of so many bytes.
    func answered(_ status: UInt16, because reason: String, bytes: Int) {
        self.status = status
        self.reason = reason
        responseBytes += bytes
        answerer = .balancer
    }

    /// What came of the response is all that the client gets.
    func cut(because reason: BreakReason) { self.reason = reason.rawValue }

    func close() { isOpen = false }
}
