import CLinux
import ClusterCore
import Glibc

/// A listening socket of one reactor. It has TCP_NODELAY so that every connection accepted from it has: the kernel copies
/// the option (sk_clone), which saves a system call for each.
///
/// Bound by us, every reactor has its own for each address (`SO_REUSEPORT`, socket(7)): the kernel spreads connections over
/// them by hash, and no lock or wake-up is shared. Inherited, all reactors share the one that was handed to the process.
///
/// ## Restarting without refusing anybody
///
/// An inherited socket stays open outside of this process, with its queue: whoever comes while nobody runs waits.
///
/// A socket of our own is closed when we drain, and closing one resets what is in its queue and every handshake that is
/// under way to it (tcp(7) knows no way around; `net.ipv4.tcp_migrate_req` is one, but for root to set). So a successor
/// that listens on the same port beside us is not enough: half of the new connections would still begin at our sockets in
/// the very moment of closing. Therefore, before we close, the kernel is told to begin all of them at the successor's:
/// a reuseport group keeps its sockets in the order in which they began to listen, ours came first, and a classic BPF program
/// may name one by its place (`preferSuccessor`). What began at ours before is over within a round trip; that long
/// (`DataPlaneLimits.handOver`) we go on accepting, and only then close.
///
/// The program names the place behind our last socket. Without a successor nobody is there, and the kernel spreads over
/// ours as before. While ours are closed one by one, sockets from the end of the group move into their places (so that ours
/// stay in front) and the place named remains a successor's as long as it has at least as many as we have; after the last,
/// the place is behind the group's end and the program has no effect any more. A successor with *more* sockets would be
/// left with one that gets everything: `spread`, once a minute, removes what a predecessor left. One with *fewer* gets what
/// can be done without the kernel's help: the last connections are accepted right before the close.
///
/// Passing the sockets themselves to the successor (SCM_RIGHTS) would do without any of this, but needs a place to meet and
/// two processes that agree on a protocol; this needs neither, and works with any successor on the port.
struct Listener: ~Copyable {
    /// Connections the kernel holds while a reactor is busy; above: SYNs are dropped and repeated. The kernel caps it at
    /// `net.core.somaxconn`.
    static let backlog: Int32 = 4096

    /// Where it came from, and so how it is let go.
    enum Provenance { case bound, inherited }

    let socket: Descriptor
    let provenance: Provenance
    /// With the real port where 0 was asked for.
    let address: SocketAddress

    init(binding wanted: SocketAddress) throws(SystemError) {
        let socket = try Listener.bound(to: wanted, [SO_REUSEADDR, SO_REUSEPORT])
        let descriptor = socket.number
        _ = try SystemCall.retrying { Int(listen(descriptor, Listener.backlog)) }.get()
        SystemCall.setNoDelay(descriptor)
        let bound = SocketAddress.reading { getsockname(descriptor, $0, $1) }
        self.socket = socket
        provenance = .bound
        address = bound.address ?? wanted
    }

    /// A reactor's share of a listening socket that the process was given: a descriptor of its own for the same socket.
    /// - Throws: EINVAL for what is no listening TCP socket.
    init(sharing inherited: Int32) throws(SystemError) {
        let number = try SystemCall.retrying { Int(fcntl(inherited, F_DUPFD_CLOEXEC, 3)) }.get()
        let socket = Descriptor(owning: Int32(number))
        let descriptor = socket.number
        guard SystemCall.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            SystemCall.option(descriptor, SO_ACCEPTCONN) == 1,
            let address = SocketAddress.reading({ getsockname(descriptor, $0, $1) }).address
        else { throw SystemError(number: EINVAL) }
        let flags = try SystemCall.retrying { Int(fcntl(descriptor, F_GETFL)) }.get()
        _ = try SystemCall.retrying { Int(fcntl(descriptor, F_SETFL, Int32(flags) | O_NONBLOCK)) }.get()
        SystemCall.setNoDelay(descriptor)
        self.socket = socket
        provenance = .inherited
        self.address = address
    }

    /// SO_REUSEADDR always: a restart must not wait for the TIME_WAIT of connections of its predecessor.
    private static func bound(to address: SocketAddress, _ options: [Int32]) throws(SystemError) -> Descriptor {
        let socket = Descriptor(owning: try SystemCall.retryingShim { clinux_stream_socket(address.family) }.get())
        let descriptor = socket.number
        for option in options { SystemCall.set(descriptor, level: SOL_SOCKET, option: option, to: 1) }
        _ = try SystemCall.retrying { Int(address.withKernelForm { bind(descriptor, $0, $1) }) }.get()
        return socket
    }

    /// Whether somebody listens there already. `SO_REUSEPORT` would join them without a word; this asks without it. It
    /// disturbs nobody: sockets that only are bound, both with SO_REUSEADDR, do not exclude one another (socket(7)).
    static func isTaken(_ address: SocketAddress) -> Bool {
        guard address.port != 0 else { return false }
        do throws(SystemError) {
            _ = try bound(to: address, [SO_REUSEADDR])
            return false
        } catch {
            return error.number == EADDRINUSE
        }
    }

    /// Has every connection that begins from now on begin at a successor's socket, if there is one. Best effort: where the
    /// kernel refuses, connections that begin within the microseconds between our last accept and our close are lost.
    /// - Parameter ownCount: our sockets on this address, one for each reactor.
    func preferSuccessor(ownCount: Int) {
        switch provenance {
        case .bound: _ = clinux_prefer_listener(socket.number, UInt32(clamping: ownCount))
        case .inherited: return
        }
    }

    /// Has connections spread over all sockets of the group again, whatever a predecessor asked for.
    func spread() {
        switch provenance {
        case .bound: _ = clinux_spread_over_listeners(socket.number)
        case .inherited: return
        }
    }

    enum AcceptOutcome: ~Copyable {
        case accepted(Descriptor, from: SocketAddress)
        case wouldBlock
        /// This one is lost – the client gave up, or its address is of no family we know – but the next may be fine.
        case lost
        /// No descriptor is free in the process or the system.
        case exhausted
    }

    func accept() -> AcceptOutcome {
        let listener = socket.number
        let (result, peer) = SocketAddress.reading { address, length in
            SystemCall.retryingShim { clinux_accept(listener, address, length) }
        }
        switch result {
        case .success(let number):
            let accepted = Descriptor(owning: number)
            guard let peer else { return .lost }
            return .accepted(accepted, from: peer)
        case .failure(let error):
            switch error.number {
            case EAGAIN: return .wouldBlock
            case _ where error.meansNoDescriptor: return .exhausted
            // accept(2): on Linux, errors pending on the new socket are passed on here; none is the listener's fault.
            case _: return .lost
            }
        }
    }
}
