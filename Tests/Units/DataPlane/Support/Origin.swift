import Foundation
import Synchronization
import Waiting

/// A stand-in node: a listener on a free port (or a Unix socket), one thread for each connection.
final class Origin: Sendable {
    typealias Handler = @Sendable (TestSocket, Origin) throws -> Void

    let port: UInt16
    private let listener: TestSocket
    private let handler: Handler
    private let received = Mutex<[HTTPMessage]>([])
    private let sockets = Mutex<[TestSocket]>([])
    private let open = Atomic<Int>(0)
    private let accepted = Atomic<Int>(0)

    /// Requests in the order in which they were read whole.
    var requests: [HTTPMessage] { received.withLock { $0 } }
    var acceptedConnections: Int { accepted.load(ordering: .acquiring) }
    var openConnections: Int { open.load(ordering: .acquiring) }

    /// - Parameters:
    ///   - receiveBufferBytes: SO_RCVBUF of its connections, for nodes that are meant to be slow.
    ///   - handler: serves one connection; its end closes it.
    init(unixPath: String? = nil, receiveBufferBytes: Int32? = nil, _ handler: @escaping Handler) throws {
        self.handler = handler
        if let unixPath {
            listener = try Origin.listenUnix(unixPath)
            port = 0
        } else {
            (listener, port) = try Origin.listenTCP(receiveBufferBytes)
        }
        let retained = Unmanaged.passRetained(self)
        let descriptor = listener.descriptor
        Thread.detachNewThread {
            let origin = retained.takeRetainedValue()
            while true {
                // A thread that waits in accept(2) already holds the number of the descriptor to come: a test that counts
                // descriptors would find one taken that nobody has opened. So the waiting is poll's.
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, -1) > 0 || errno == EINTR else { break }
                let number = accept(descriptor, nil, nil)
                guard number >= 0 || errno == EINTR || errno == EAGAIN else { break }
                guard number >= 0 else { continue }
                origin.serve(TestSocket(owning: number))
            }
            origin.listener.close()
        }
    }

    /// Answers every request with 200 and what `body` says of it; a kept-alive connection serves many.
    static func http(
        unixPath: String? = nil, fields: String = "", body: @escaping @Sendable (HTTPMessage) -> String
    ) throws -> Origin {
        try Origin(unixPath: unixPath) { socket, origin in
            while true {
                let request = try socket.readMessage(.request)
                origin.note(request)
                let text = body(request)
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\(fields)\r\n\(text)")
            }
        }
    }

    /// A node that says its name.
    static func named(_ name: String, fields: String = "") throws -> Origin {
        try http(fields: fields) { _ in name }
    }

    func note(_ request: HTTPMessage) { received.withLock { $0.append(request) } }

    private func serve(_ socket: TestSocket) {
        sockets.withLock { $0.append(socket) }
        open.add(1, ordering: .acquiringAndReleasing)
        accepted.add(1, ordering: .acquiringAndReleasing)
        Thread.detachNewThread { [self] in
            try? handler(socket, self)
            socket.close()
            open.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    /// Refuses connections from here on and ends those there are.
    func stop() {
        // Its thread closes it: no sooner may the number be another's.
        listener.interrupt()
        for socket in sockets.withLock({ $0 }) { socket.interrupt() }
    }

    private static func listenTCP(_ receiveBufferBytes: Int32?) throws -> (TestSocket, UInt16) {
        let listener = TestSocket(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        // Connections inherit it from the listener, and only before it listens does it bound the window (tcp(7)).
        if var bytes = receiveBufferBytes {
            setsockopt(listener.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = TestSocket.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener.descriptor, address, length) | listen(listener.descriptor, 512)
                    | getsockname(listener.descriptor, address, &length)
            }
        }
        guard result == 0 else { throw TestSocket.Failure(description: "listen: \(String(cString: strerror(errno)))") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private static func listenUnix(_ path: String) throws -> TestSocket {
        let listener = TestSocket(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    | listen(listener.descriptor, 64)
            }
        }
        guard result == 0 else { throw TestSocket.Failure(description: "listen: \(String(cString: strerror(errno)))") }
        return listener
    }
}

/// A port on which nobody listens: bound, so that nobody else gets it, and never listened on.
final class RefusingPort: Sendable {
    let port: UInt16
    private let socket: TestSocket

    init() throws {
        let socket = TestSocket(owning: Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = TestSocket.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket.descriptor, address, length) | getsockname(socket.descriptor, address, &length)
            }
        }
        guard result == 0 else { throw TestSocket.Failure(description: "bind: \(String(cString: strerror(errno)))") }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
    }
}

/// A listener whose queue is full: a connect to it is neither accepted nor refused, as to a host that is gone.
final class SilentPort: Sendable {
    let port: UInt16
    private let listener: TestSocket
    private let fillers: [TestSocket]

    init() throws {
        let listener = TestSocket(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = TestSocket.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener.descriptor, address, length) | listen(listener.descriptor, 0)
                    | getsockname(listener.descriptor, address, &length)
            }
        }
        guard result == 0 else { throw TestSocket.Failure(description: "listen: \(String(cString: strerror(errno)))") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        // A queue of length 0 takes one connection (listen(2)); the others stay in SYN_SENT.
        fillers = try (0..<4).map { _ in
            let filler = TestSocket(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
            _ = fcntl(filler.descriptor, F_SETFL, O_NONBLOCK)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler.descriptor, $0, length) }
            }
            guard result == 0 || errno == EINPROGRESS else {
                throw TestSocket.Failure(description: "connect: \(String(cString: strerror(errno)))")
            }
            return filler
        }
        try blockUntil("the queue is full") { fillers[0].isWritable(withinMilliseconds: 0) }
    }
}
