package import ClusterCore

/// Everything the data plane must be told. Plain values; nothing here is read from the environment.
package struct DataPlaneConfiguration: Sendable {
    /// Where clients connect; at least one. Port 0 takes a free port (`DataPlane.boundAddresses` says which).
    package var listen: [SocketAddress]
    /// Listening TCP sockets that were open before the process began (systemd's socket activation); where there are any,
    /// they are served and `listen` is only compared with them. The data plane takes them over: `start` or its failure closes them.
    package var inherited: [Int32] = []
    /// Threads, each with a listener of its own for every address in `listen`. At least 1.
    package var reactors: Int
    /// The Unix socket on which the control API listens: the upstream of `/lb/…`.
    package var controlSocketPath: String
    /// `LB_CONNECTION_WEIGHT` and `LB_SLOW_START`: what a node's load is, and how soon a new one takes its whole share.
    package var selection: SelectionPolicy
    /// `LB_SESSION_AFFINITY`.
    package var affinity: SessionAffinity
    /// `LB_TRUSTED_PROXIES`: peers whose `X-Forwarded-*` fields are kept and appended to rather than replaced.
    package var trustedProxies: [AddressRange]
    /// `accept` needs `trustedProxies`: without any it changes nothing.
    package var proxyProtocol = ProxyProtocol.off
    package var limits: DataPlaneLimits

    package init(
        listen: [SocketAddress], reactors: Int, controlSocketPath: String,
        selection: SelectionPolicy = SelectionPolicy(connectionWeight: 0), affinity: SessionAffinity = .sid,
        trustedProxies: [AddressRange] = [], limits: DataPlaneLimits = DataPlaneLimits()
    ) {
        self.listen = listen
        self.reactors = reactors
        self.controlSocketPath = controlSocketPath
        self.selection = selection
        self.affinity = affinity
        self.trustedProxies = trustedProxies
        self.limits = limits
    }
}

/// `LB_PROXY_PROTOCOL`: whether a connection may begin with a header that says who the client is (haproxy's
/// proxy-protocol.txt, versions 1 and 2).
package enum ProxyProtocol: Sendable {
    /// No: such a header is not HTTP, and its connection is closed.
    case off
    /// From `trustedProxies`, yes; the client it names is the client of every request on that connection. A connection
    /// without one is taken as it is: it may be the proxy's health check. From anybody else, as `off`.
    case accept
}

/// Every number that bounds the data plane, with what happens beyond it.
package struct DataPlaneLimits: Sendable {
    /// Client connections at once, over all reactors; above: `503` and close. nil: computed from RLIMIT_NOFILE, two
    /// descriptors a connection (`DataPlaneLimits.connections(forDescriptors:)`).
    package var maxConnections: Int?
    /// Connections of one client at once, over all reactors; above: `503` and close. 0: no limit. An IPv6 client is its
    /// /64, which is what one customer gets (RFC 6177 §2): single addresses of it cost nothing.
    package var maxConnectionsPerClient = 0
    /// From the first byte of a request head to its last; above: `408`. Ten seconds is ample for 16 KiB on a bad line and
    /// short enough to starve a slowloris.
    package var headTimeout: Duration = .seconds(10)
    /// A client connection without any request in progress; above: closed silently. Above the 60 s that browsers and load
    /// balancers in front commonly keep a connection, so that they close first.
    package var idleTimeout: Duration = .seconds(75)
    /// A connect to a node; above: the next node. The node is in the same network: 2 s is one lost SYN and its repeat.
    package var connectTimeout: Duration = .seconds(2)
    /// Nodes tried for one request before `503`.
    package var connectAttempts = 3
    /// An exchange in which neither side moves a byte; above: `504` or reset. Above Kuma's longest quiet spell: an
    /// Engine.IO poll waits 25 s + 20 s (FactsAboutKuma.md).
    package var exchangeIdle: Duration = .seconds(120)
    /// A client that ended its side while its response has not begun: this long the node is still given to answer; above: the
    /// upstream work is cancelled. Its end is kept from the node meanwhile, because it says one of two things that cannot
    /// be told apart until something is written: a client that has left, for whom nobody should work, or one that only has
    /// no more to say (`nc -N`, many a health check) and waits for the answer. Node.js takes the end for the former and
    /// drops the request at once, so relaying it would refuse every client of the latter kind; 2 s are more than Kuma
    /// needs for any answer but a Socket.IO poll, and of little consequence for one that has left.
    package var abandonedGrace: Duration = .seconds(2)
    /// A kept upstream connection without a request; above: dropped. Node.js closes its own at 5 s (FactsAboutKuma.md), and a
    /// request must not meet that close.
    package var keptUpstreamIdle: Duration = .seconds(4)
    /// A node that broke off a connection is spared requests that can be sent only once for this long, while another one
    /// could serve: as long as the first ejection. A process that ends has reset its connections before it closes its
    /// listener, a few milliseconds apart; requests in progress were answered 65 ms late on a machine with more to do than
    /// it had cores.
    package var shakenSpan: Duration = .milliseconds(500)
    /// A tunnel in which neither side moves a byte; above: closed. Dead peers are found by TCP keepalive long before.
    package var tunnelIdle: Duration = .seconds(86_400)
    /// A tunnel of which one side has ended; above: closed.
    package var tunnelFin: Duration = .seconds(30)
    /// After our last answer on a connection: how long what the client still sends is read and dropped, so that the
    /// answer is not destroyed by a reset (RFC 9112 §9.6).
    package var linger: Duration = .seconds(1)
    /// Socket.IO sessions whose node is remembered, over all reactors; above: the least recently used are forgotten.
    package var sessions = SessionLimits.sessions
    /// A Socket.IO session without a request for longer is forgotten.
    package var sessionIdle = SessionLimits.idle
    /// Draining: exchanges in progress may take this long.
    package var drainExchanges: Duration = .seconds(10)
    /// Draining: tunnels are closed spread over this span, so that their clients do not reconnect all at once.
    package var drainTunnels: Duration = .seconds(20)
    /// Draining: from the moment at which a successor on the same port gets every new connection until the listeners are
    /// closed. A handshake that began before ends within the client's round trip; no place on Earth is half a second away.
    package var handOver: Duration = .milliseconds(500)
    /// `Retry-After` of our own 503, in whole seconds: about what a failover takes.
    package var retryAfterSeconds = 2
    /// A body, or a chunk of one, of which at least this many bytes are still to come is moved by splice(2); shorter ones
    /// are copied through the scratch buffer. Measured on loopback (Linux 6.18, µs of CPU a response, spliced and copied,
    /// two runs): 64 KiB 38 and 38, 44 and 42; 128 KiB 64 and 63, 81 and 81; 256 KiB 88 and 96, 94 and 96; 512 KiB 113 and
    /// 134, 136 and 160; 1 MiB 232 and 318, 263 and 300; 64 MiB 18 696 and 46 448.
    package var spliceRunBytes = 128 * 1024
    /// Bytes held in user space for one direction of one connection at most; above: that side is not read.
    /// <doc:LifeOfAConnection>.
    package static let relayBytes = 64 * 1024
    /// Client connections at once at most, whatever RLIMIT_NOFILE says: above what RLIMIT_NOFILE and the kernel's tables ever allow.
    package static let connectionCeiling = 1 << 24

    /// Every number as it stands above; a program changes those that a setting of its names.
    package init() {}

    /// How many connections `descriptors` allow: two each, less what listeners, epoll, the database, the API and logs need.
    /// At most 131 072: container runtimes allow a thousand million descriptors, and slabs for those would be no start.
    package static func connections(forDescriptors descriptors: Int) -> Int {
        min(max((descriptors - 128) / 2, 16), 131_072)
    }

    /// How many may be asked for: each takes one descriptor, and a second while it waits for an answer, or for as long as it is
    /// a WebSocket. Who asks for more than `connections` counts on clients that do neither most of the time.
    static func mostConnections(forDescriptors descriptors: Int) -> Int {
        min(max(descriptors - 128, 16), connectionCeiling)
    }
}
