// A network between a test and its database, as slow as the test wants it to be.

import Glibc
import Synchronization

/// A TCP relay to a port of 127.0.0.1 that holds back what passes for half of a round trip in each direction, and counts the
/// round trips.
package final class DelayingProxy: Sendable {
    package enum Failure: Error {
        case cannotListen(errno: Int32)
    }

    /// Where it listens on 127.0.0.1.
    package let port: UInt16
    private let listener: Int32
    private let state: Mutex<ProxyState>

    /// Begins to listen. Each connection costs two threads until it ends.
    package init(to upstream: UInt16, roundTrip: Duration = .zero) throws {
        state = Mutex(ProxyState(roundTrip: roundTrip))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Loopback.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = Loopback.withGeneric(&address) { pointer in
            bind(listener, pointer, length) == 0 && listen(listener, 128) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isListening else {
            let code = errno
            close(listener)
            throw Failure.cannotListen(errno: code)
        }
        port = UInt16(bigEndian: address.sin_port)
        let proxy = Unowned(proxy: self)
        DetachedThread.start { proxy.accept(from: listener, to: upstream) }
    }

    deinit { stop() }

    /// Ends all connections and takes no more.
    package func stop() {
        let descriptors = state.withLock { state -> [Int32] in
            guard !state.isStopped else { return [] }
            state.isStopped = true
            return [listener] + state.open
        }
        for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// For what passes from now on.
    package func setRoundTrip(_ duration: Duration) { state.withLock { $0.roundTrip = duration } }

    /// How often a client spoke, to a server that had its turn before: its round trips since the start, of all connections.
    package var turns: Int { state.withLock(\.turns) }

    fileprivate func withState<Result>(_ body: (inout ProxyState) -> Result) -> Result { state.withLock { body(&$0) } }
}

private struct ProxyState {
    var roundTrip: Duration
    var turns = 0
    var open: [Int32] = []
    var isStopped = false
}

/// What the threads hold of the proxy, so that they do not keep it.
private final class Unowned: @unchecked Sendable {
    // SAFETY: a weak reference may be read by several threads at once; it is set before the first of them starts.
    private weak var proxy: DelayingProxy?

    init(proxy: DelayingProxy) { self.proxy = proxy }

    func with<Result>(_ body: (inout ProxyState) -> Result) -> Result? { proxy.map { $0.withState(body) } }

    func accept(from listener: Int32, to upstream: UInt16) {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR { continue }
                break
            }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Loopback.address(port: upstream)
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = Loopback.withGeneric(&address) { connect(server, $0, length) == 0 }
            let isWanted = with { state in
                guard !state.isStopped, isConnected else { return false }
                state.open += [client, server]
                return true
            }
            guard isWanted == true else {
                close(client)
                close(server)
                continue
            }
            for descriptor in [client, server] {
                var yes: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            }
            let link = Link(proxy: self, client: client, server: server)
            DetachedThread.start { link.pump(.toServer) }
            DetachedThread.start { link.pump(.toClient) }
        }
        close(listener)
    }
}

/// One connection through the proxy.
private final class Link: Sendable {
    enum Direction { case toServer, toClient }

    private struct State {
        /// Who spoke last. A MariaDB server greets first.
        var last = Direction.toClient
        var running = 2
    }

    private let proxy: Unowned
    private let client: Int32
    private let server: Int32
    private let state = Mutex(State())

    init(proxy: Unowned, client: Int32, server: Int32) {
        (self.proxy, self.client, self.server) = (proxy, client, server)
    }

    /// Relays one direction until it ends, each piece half a round trip after it came.
    func pump(_ direction: Direction) {
        let (source, target) = direction == .toServer ? (client, server) : (server, client)
        var waiting: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        var isOpen = true
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while isOpen || !waiting.isEmpty {
            let rest = waiting.first.map { max($0.due - .now, .zero) }
            if let rest, rest == .zero {
                guard Loopback.write(waiting.removeFirst().bytes, to: target) else { break }
                continue
            }
            var wanted = pollfd(fd: isOpen ? source : -1, events: Int16(POLLIN), revents: 0)
            // Rounded up: a poll that ends too early would only spin.
            let limit = rest.map { Int32($0 / .milliseconds(1)) + 1 } ?? -1
            guard poll(&wanted, 1, limit) > 0, wanted.revents != 0 else { continue }
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else {
                isOpen = false
                continue
            }
            waiting.append((.now + delay(direction), Array(buffer[..<count])))
        }
        shutdown(target, Int32(SHUT_WR))
        ended()
    }

    private func delay(_ direction: Direction) -> Duration {
        let isTurn = state.withLock { state in
            defer { state.last = direction }
            return direction == .toServer && state.last == .toClient
        }
        return proxy.with { proxy in
            if isTurn { proxy.turns += 1 }
            return proxy.roundTrip / 2
        } ?? .zero
    }

    private func ended() {
        let isLast = state.withLock { state in
            state.running -= 1
            return state.running == 0
        }
        guard isLast else { return }
        _ = proxy.with { $0.open.removeAll { $0 == client || $0 == server } }
        close(client)
        close(server)
    }
}

private enum Loopback {
    static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    static func withGeneric<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) { pointer in
            // SAFETY: a sockaddr_in is what the socket calls expect behind a sockaddr of AF_INET.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private enum DetachedThread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        // SAFETY: the retain made here is taken back exactly once, by the new thread.
        let context = Unmanaged.passRetained(Box(body)).toOpaque()
        let outcome = pthread_create(
            &thread, nil,
            { context in
                // SAFETY: `context` is the pointer given below, which is never null.
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context)
        precondition(outcome == 0, "no thread: error \(outcome)")
        pthread_detach(thread)
    }
}
