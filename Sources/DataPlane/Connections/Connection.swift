import ClusterCore
import HTTPFraming

/// One end of a connection: its descriptor and what the kernel last said of it.
///
/// Registered once, edge-triggered, for both directions: each flag stays set until a transfer finds that it no longer
/// holds. `generation` goes into the event's token and changes whenever the descriptor goes, so that an event which was
/// already fetched for the old one is recognised as stale. (An upstream's events carry the generation of its record in the
/// `UpstreamPool` instead, because it outlives the requests of one client.)
struct Endpoint: ~Copyable {
    var descriptor: Descriptor?
    var generation: UInt32 = 0
    var isReadable = false
    var isWritable = false
    /// The peer will send no more (EPOLLRDHUP); bytes before its end may still wait to be read.
    var hasEnded = false
    /// A receive returned the end, or we gave up reading.
    var isReadOut = false
    /// We told the peer that no more comes.
    var isShut = false

    init() {}

    /// Takes over a descriptor.
    mutating func open(_ descriptor: consuming Descriptor) {
        self.descriptor = consume descriptor
    }

    /// Closes the descriptor, if any, and forgets what was known of it.
    mutating func close() {
        descriptor = nil
        generation &+= 1
        isReadable = false
        isWritable = false
        hasEnded = false
        isReadOut = false
        isShut = false
    }

    /// The descriptor's number, or -1.
    var number: Int32 {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }

    var isOpen: Bool { number >= 0 }
}

/// Where a client connection is in its life. The comment in `Reactor+Serve` walks through them.
enum ConnectionPhase: UInt8 {
    /// The slot is free.
    case vacant
    /// Reading a request head, or waiting for its first byte.
    case sniffing
    /// A request waits for its upstream connection.
    case connecting
    /// A request and its response move.
    case exchanging
    /// After a 101: bytes move blindly.
    case tunnelling
    /// Our last bytes leave, then the client's are dropped until it closes.
    case closing
}

/// Whether a connection's first bytes may still turn out to be a PROXY protocol header.
enum ProxyHeaderState: UInt8 {
    case awaited
    /// None will come.
    case passed
    /// It came.
    case taken
}

/// What a connection's upstream side is.
enum UpstreamTarget: Equatable {
    case none
    case controlAPI
    /// Index into the reactor's `NodeDirectory`.
    case node(Int)
}

/// Why the request at hand goes where it goes: the text of `X-Routed-Via`.
enum RoutedVia: UInt8 {
    case loadBalancer, fixedNode

    var word: StaticString {
        switch self {
        case .loadBalancer: "load-balancer"
        case .fixedNode: "fixed-node"
        }
    }
}

/// The nodes a request was tried on; at most `capacity`, the greatest `connectAttempts` that has an effect.
struct TriedNodes {
    static let capacity = 4
    private var nodes = (UInt16.max, UInt16.max, UInt16.max, UInt16.max)
    private(set) var count = 0

    mutating func insert(_ node: Int) {
        let value = UInt16(truncatingIfNeeded: node)
        switch count {
        case 0: nodes.0 = value
        case 1: nodes.1 = value
        case 2: nodes.2 = value
        case 3: nodes.3 = value
        case _: return
        }
        count += 1
    }

    func contains(_ node: Int) -> Bool {
        let value = UInt16(truncatingIfNeeded: node)
        return nodes.0 == value || nodes.1 == value || nodes.2 == value || nodes.3 == value
    }

    mutating func removeAll() { self = TriedNodes() }
}

/// Everything known of one client connection: a plain slot of the reactor's slab, owner of both descriptors and of the
/// bytes that wait.
struct Connection: ~Copyable {
    /// Its place in the slab.
    let index: Int
    var phase = ConnectionPhase.vacant
    var client = Endpoint()
    var upstream = Endpoint()
    /// The client: whoever connected, or whom a trusted proxy's header named.
    var peer = SocketAddress.ipv4(octets: 0, port: 0)
    var trust = PeerTrust.untrusted
    /// How the client came, by what a trusted proxy's header says.
    var transport = ClientTransport.plain
    /// Whether its first bytes may be a header that names the client.
    var proxyHeader = ProxyHeaderState.passed
    /// Whether it counts as an open connection, or is only told that there are too many.
    var isCounted = false
    /// Whether it counts among the connections of its client, `peer`.
    var isInCensus = false
    /// Whether it waits in the reactor's list of connections that have more to do at once.
    var isQueued = false
    /// Requests whose head was read on this connection.
    var requests: UInt32 = 0

    // Bytes that wait.
    /// From the client, not yet understood: a partial head, or pipelined requests.
    var input = PendingBytes()
    /// Whether `input` has not been looked at since the last request ended.
    var isInputUnread = false
    /// From the upstream, not yet understood: a partial head.
    var upstreamInput = PendingBytes()
    var toClient = PendingBytes()
    var toUpstream = PendingBytes()
    /// Bytes on their way to the client, behind `toClient`, that are in a pipe; and to the upstream.
    var clientLane = PipeLane()
    var upstreamLane = PipeLane()
    /// The stamped head of a request that may have to be sent again.
    var replay = PendingBytes()

    // The request at hand.
    var requestSniffer = RequestHeadSniffer()
    var responseSniffer = ResponseHeadSniffer()
    var exchange: ExchangeStateMachine?
    var answerForm = AnswerForm.json
    var via = RoutedVia.loadBalancer
    var pinClearing = PinClearing.none
    /// The upstream connection, open or wanted.
    var target = UpstreamTarget.none
    /// Its record in the reactor's `UpstreamPool`; meaningful while it is open.
    var upstreamRecord: Int32 = -1
    /// The node this client stays with, and is counted at; -1: none yet.
    var stickyNode = -1
    var tried = TriedNodes()
    /// Since when its upstream's connect, then its response, is awaited: monotonic nanoseconds of a turn.
    var awaitedSince: UInt64 = 0
    var affinity = NodeAffinity.none
    /// Present from a Socket.IO handshake until its session is known.
    var sessionSearch: SessionSearch?
    /// What the access log will say of the request at hand; nil while the log is off.
    var access: AccessNote?

    init(index: Int) { self.index = index }
}
