import CLinux
import ClusterCore
import Glibc

/// Starts connections to upstreams; never waits.
enum OutgoingSocket {
    enum Outcome: ~Copyable {
        /// Connected, or on its way: the first writability says which.
        case begun(Descriptor)
        case failed(SystemError)
    }

    static func connect(to address: SocketAddress) -> Outcome {
        connect(family: address.family) { descriptor in
            SystemCall.setNoDelay(descriptor)
            return address.withKernelForm { Glibc.connect(descriptor, $0, $1) }
        }
    }

    /// A Unix socket connects at once or not at all: EAGAIN means that the listener's backlog is full (connect(2)).
    static func connect(to path: UnixSocketPath) -> Outcome {
        connect(family: AF_UNIX) { descriptor in path.withKernelForm { Glibc.connect(descriptor, $0, $1) } }
    }

    private static func connect(family: Int32, _ call: (Int32) -> Int32) -> Outcome {
        switch SystemCall.retryingShim({ clinux_stream_socket(family) }) {
        case .failure(let error): return .failed(error)
        case .success(let number):
            let socket = Descriptor(owning: number)
            // Not repeated after EINTR: the connect goes on by itself, as after EINPROGRESS (connect(2)).
            if call(socket.number) == 0 { return .begun(socket) }
            let reason = errno
            if reason == EINPROGRESS || reason == EINTR { return .begun(socket) }
            return .failed(SystemError(number: reason))
        }
    }
}
