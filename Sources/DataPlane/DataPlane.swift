// The request path: sockets, reactors, and what each byte of a client's or a node's means for both. No database, no monitor
// and no decision about a node ever comes here: the routing table says all that, and only it is asked.

package import ClusterCore
import Glibc
package import Logging
import Synchronization

/// Why the data plane could not start.
package enum DataPlaneError: Error, CustomStringConvertible {
    /// `LB_LISTEN`: the address is taken, not ours, or not permitted; `reason` is the kernel's.
    case cannotListen(SocketAddress, reason: String)
    /// A descriptor that the process was given to listen on is none.
    case cannotServe(descriptor: Int32, reason: String)
    /// No address to listen on, or no reactor.
    case nothingToServe
    /// The path of the control API's socket is empty or longer than unix(7) allows.
    case unusableControlSocket(path: String)
    /// Threads, epoll or eventfd: the process is out of resources.
    case systemRefused(reason: String)
    case alreadyStarted

    package var description: String {
        switch self {
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .cannotServe(let descriptor, let reason):
            "descriptor \(descriptor), which the service manager passed, is no listening TCP socket: \(reason)"
        case .nothingToServe: "the data plane needs an address to listen on and at least one reactor"
        case .unusableControlSocket(let path): "\"\(path)\" cannot be the path of a Unix socket: use 1 to 107 bytes"
        case .systemRefused(let reason): "cannot start the data plane: \(reason)"
        case .alreadyStarted: "the data plane was started before"
        }
    }
}

/// The request path: one thread per reactor, from `start` until `drain` or `stop`.
///
/// It reads the routing table from its publisher, adds to `facts` and to each node's `NodeTraffic`, and knows nothing else
/// of the rest of the process.
package final class DataPlane: Sendable {
    private let configuration: DataPlaneConfiguration
    private let publisher: RoutingTablePublisher
    private let serving: ServingState
    private let logger: Logger
    private let accessLog: AccessLog?
    /// What each reactor counts; to be summed by the reader.
    package let facts: [TrafficFacts]
    private let state = Mutex(State())
    private let ended = ReactorGate()
    private let sessions: SessionTable

    private struct State {
        var isStarted = false
        var addresses: [SocketAddress] = []
        var threads: [ReactorThread] = []
    }

    /// - Parameter accessLog: nil: none is kept. It is this data plane's alone, and ends with it.
    package init(
        configuration: DataPlaneConfiguration, publisher: RoutingTablePublisher, serving: ServingState,
        accessLog: AccessLog? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.publisher = publisher
        self.serving = serving
        self.logger = logger
        self.accessLog = accessLog
        facts = (0..<max(configuration.reactors, 0)).map { _ in TrafficFacts() }
        sessions = SessionTable(capacity: configuration.limits.sessions, idle: configuration.limits.sessionIdle)
    }

    /// Socket.IO sessions whose node is known.
    package var knownSessions: Int { sessions.count }

    /// Where clients can connect, with real ports; empty before `start`.
    package var boundAddresses: [SocketAddress] { state.withLock { $0.addresses } }

    /// Binds every address for every reactor, then starts their threads. Either all of it happens, or nothing does.
    package func start() throws(DataPlaneError) {
        let isFirst = state.withLock { state -> Bool in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { throw .alreadyStarted }
        let inherited = configuration.inherited
        // Each reactor has a descriptor of its own by then, or nobody listens.
        defer { for number in inherited { close(number) } }
        guard !configuration.listen.isEmpty || !inherited.isEmpty, configuration.reactors > 0 else {
            throw .nothingToServe
        }
        guard let controlSocket = UnixSocketPath(configuration.controlSocketPath) else {
            throw .unusableControlSocket(path: configuration.controlSocketPath)
        }
        let budget = ConnectionBudget(limit: connectionLimit)
        let census = ClientCensus(limit: configuration.limits.maxConnectionsPerClient)
        if inherited.isEmpty { warnOfOthers() }
        var addresses = inherited.isEmpty ? configuration.listen : []
        var reactors: [Reactor] = []
        for number in 0..<configuration.reactors {
            let listeners = inherited.isEmpty ? try listen(&addresses) : try share(inherited, &addresses)
            var logger = logger
            logger[metadataKey: "reactor"] = "\(number)"
            do throws(SystemError) {
                reactors.append(
                    try Reactor(
                        configuration, listeners: listeners, controlSocket: controlSocket, publisher: publisher,
                        budget: budget, census: census, facts: facts[number], sessions: sessions,
                        access: accessLog?.makeRecorder(facts[number]), logger: logger))
            } catch {
                throw .systemRefused(reason: "\(error)")
            }
        }
        if !inherited.isEmpty { warnOfContradiction(by: addresses) }
        try run(reactors, on: addresses)
        logger.info(
            "serving",
            metadata: [
                "addresses": "\(addresses.map(\.description).joined(separator: ", "))",
                "reactors": "\(configuration.reactors)", "max_connections": "\(budget.limit)",
            ])
    }

    private func run(_ reactors: consuming [Reactor], on addresses: [SocketAddress]) throws(DataPlaneError) {
        let mailboxes = reactors.map(\.mailbox)
        do throws(SystemError) { try accessLog?.start() } catch { throw .systemRefused(reason: "\(error)") }
        var threads: [ReactorThread] = []
        for (number, reactor) in reactors.enumerated() {
            ended.enter()
            do throws(SystemError) {
                threads.append(
                    try ReactorThread(reactor, name: "reactor-\(number)", mailbox: mailboxes[number]) { [ended] in
                        ended.leave()
                    })
            } catch {
                ended.leave()
                for thread in threads { thread.stopAndJoin() }
                accessLog?.end()
                throw .systemRefused(reason: "\(error)")
            }
        }
        for mailbox in mailboxes { publisher.subscribe { mailbox.wake() } }
        state.withLock {
            $0.addresses = addresses
            $0.threads = threads
        }
    }

    /// One reactor's listeners. The first reactor's say which ports the others share.
    private func listen(_ addresses: inout [SocketAddress]) throws(DataPlaneError) -> ListenerSet {
        var listeners = ListenerSet(capacity: addresses.count)
        for index in addresses.indices {
            do throws(SystemError) {
                listeners.append(try Listener(binding: addresses[index]))
            } catch {
                throw .cannotListen(addresses[index], reason: "\(error)")
            }
            addresses[index] = listeners.address(index)
        }
        return listeners
    }

    /// One reactor's share of what the process was given.
    private func share(
        _ inherited: [Int32], _ addresses: inout [SocketAddress]
    ) throws(DataPlaneError) -> ListenerSet {
        var listeners = ListenerSet(capacity: inherited.count)
        for number in inherited {
            do throws(SystemError) {
                listeners.append(try Listener(sharing: number))
            } catch {
                throw .cannotServe(descriptor: number, reason: "\(error)")
            }
        }
        addresses = (0..<listeners.count).map { listeners.address($0) }
        return listeners
    }

    /// The kernel lets a second balancer of the same user join the first on its port. That is how one takes over from the
    /// other, and otherwise a mistake that nobody would notice for long: each serves every other client.
    private func warnOfOthers() {
        for address in configuration.listen where Listener.isTaken(address) {
            logger.warning(
                """
                another process listens there already: until it ends, clients are spread over both; right while this \
                one takes over from it, a mistake otherwise
                """, metadata: ["address": "\(address)"])
        }
    }

    /// The sockets stand, because they are open already; whoever wrote down another address should know.
    private func warnOfContradiction(by inherited: [SocketAddress]) {
        for address in configuration.listen where !inherited.contains(where: { $0.covers(address) }) {
            logger.warning(
                "not served: the service manager's sockets stand; change the socket unit, or disable it",
                metadata: [
                    "address": "\(address)",
                    "served": "\(inherited.map(\.description).joined(separator: ", "))",
                ])
        }
    }

    /// What was asked for, as far as descriptors allow it: with more clients than that, those there are could reach no node.
    private var connectionLimit: Int {
        var limit = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let descriptors = isKnown ? Int(clamping: limit.rlim_cur) : 1024
        guard let wanted = configuration.limits.maxConnections else {
            return DataPlaneLimits.connections(forDescriptors: descriptors)
        }
        let most = DataPlaneLimits.mostConnections(forDescriptors: descriptors)
        if wanted > most {
            logger.warning(
                "fewer connections than LB_MAX_CONNECTIONS says: too few descriptors; raise their limit (ulimit -n)",
                metadata: ["wanted": "\(wanted)", "admitted": "\(most)", "descriptors": "\(descriptors)"])
        }
        return min(max(wanted, 1), most)
    }

    /// Has every reactor take a turn, which `TrafficFacts.turns` counts: how an idle one is told from a stuck one.
    package func nudge() {
        for thread in state.withLock({ $0.threads }) { thread.mailbox.wake() }
    }

    /// Has the reactors stop accepting, finish their exchanges and close their tunnels one by one; returns at once.
    /// `ServingState` says so from the first moment.
    package func beginDraining() {
        serving.beginDraining()
        for thread in state.withLock({ $0.threads }) { thread.mailbox.give(.drain) }
    }

    /// Begins draining, and returns when every connection has ended or its time was up (`drainExchanges`,
    /// `drainTunnels`).
    package func drain() async {
        beginDraining()
        await ended.allLeft()
        stop()
    }

    /// Closes everything at once and waits for the threads to end: some milliseconds, with an access log up to a tenth of a second.
    package func stop() {
        let threads = state.withLock { state -> [ReactorThread] in
            defer { state.threads = [] }
            return state.threads
        }
        for thread in threads { thread.mailbox.give(.stop) }
        for thread in threads { thread.join() }
        accessLog?.end()
    }

    deinit { stop() }
}

extension SocketAddress {
    /// Whether a listener here is what was meant by listening there: `[::]` is every interface, as `0.0.0.0` is.
    fileprivate func covers(_ wanted: SocketAddress) -> Bool {
        port == wanted.port && (ip == wanted.ip || isEveryInterface && wanted.isEveryInterface)
    }

    private var isEveryInterface: Bool { ip == IPAddress(ipv4: 0) || ip == IPAddress(high: 0, low: 0) }
}
