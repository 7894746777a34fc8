import CLinux
import ClusterCore
import Glibc

/// A listening socket of one reactor.
///
/// Every reactor has its own for each address (`SO_REUSEPORT`, socket(7)): the kernel spreads connections over them by
/// hash, and no lock or wake-up is shared.
struct Listener: ~Copyable {
    /// Connections the kernel holds while a reactor is busy; above: SYNs are dropped and repeated. The kernel caps it at
    /// `net.core.somaxconn`.
    static let backlog: Int32 = 4096

    let socket: Descriptor
    /// With the real port where 0 was asked for.
    let address: SocketAddress

    init(binding wanted: SocketAddress) throws(SystemError) {
        let number = try SystemCall.retryingShim { clinux_stream_socket(wanted.family) }.get()
        let socket = Descriptor(owning: number)
        // A restart must not wait for the TIME_WAIT of connections of its predecessor.
        SystemCall.set(socket.number, level: SOL_SOCKET, option: SO_REUSEADDR, to: 1)
        SystemCall.set(socket.number, level: SOL_SOCKET, option: SO_REUSEPORT, to: 1)
        let descriptor = socket.number
        _ = try SystemCall.retrying { Int(wanted.withKernelForm { bind(descriptor, $0, $1) }) }.get()
        _ = try SystemCall.retrying { Int(listen(descriptor, Listener.backlog)) }.get()
        let bound = SocketAddress.reading { getsockname(descriptor, $0, $1) }
        self.socket = socket
        address = bound.address ?? wanted
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
