import Foundation
import Synchronization

/// A blocking TCP or Unix socket with a deadline on each call, for both ends of the tests.
final class TestSocket: Sendable {
    /// How a stream ended.
    enum End: Equatable { case closed, reset }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Nothing in these tests takes that long; what does has failed.
    static let deadlineSeconds = 30

    let descriptor: Int32
    private let isClosed = Mutex(false)
    private let buffered = Mutex<[UInt8]>([])

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
        var deadline = timeval(tv_sec: TestSocket.deadlineSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &deadline, size)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close() }

    static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Connects to 127.0.0.1.
    /// - Parameter receiveBufferBytes: SO_RCVBUF, for readers that are meant to be slow.
    static func connect(port: UInt16, receiveBufferBytes: Int32? = nil) throws -> TestSocket {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw Failure(description: "socket: \(String(cString: strerror(errno)))") }
        let client = TestSocket(owning: number)
        if var bytes = receiveBufferBytes {
            setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
        return client
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Some bytes; empty at the end of the stream.
    func receive(atMost limit: Int = 65_536) throws -> [UInt8] {
        let waiting = buffered.withLock { buffered -> [UInt8] in
            defer { buffered.removeFirst(min(limit, buffered.count)) }
            return Array(buffered.prefix(limit))
        }
        if !waiting.isEmpty { return waiting }
        return try receiveFromKernel(atMost: limit)
    }

    private func receiveFromKernel(atMost limit: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &bytes, limit, 0)
        guard count >= 0 else {
            throw errno == ECONNRESET
                ? Failure(description: "reset") : Failure(description: "recv: \(String(cString: strerror(errno)))")
        }
        return Array(bytes.prefix(count))
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let more = try receive(atMost: min(count - bytes.count, 1 << 20))
            guard !more.isEmpty else { throw Failure(description: "ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// Bytes up to and including `mark`.
    func receive(through mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            guard !more.isEmpty else {
                throw Failure(description: "ended before the mark: \(String(decoding: bytes, as: UTF8.self))")
            }
            let searched = max(bytes.count - mark.count, 0)
            bytes += more
            var index = searched
            while index + mark.count <= bytes.count {
                if bytes[index] == mark[0], Array(bytes[index..<index + mark.count]) == mark {
                    let end = index + mark.count
                    let rest = Array(bytes[end...])
                    buffered.withLock { $0 = rest + $0 }
                    return String(decoding: bytes[..<end], as: UTF8.self)
                }
                index += 1
            }
        }
    }

    /// Everything until the other side ends, and how it did.
    func receiveToEnd() throws -> (bytes: [UInt8], end: End) {
        var bytes: [UInt8] = []
        while true {
            do {
                let more = try receive()
                if more.isEmpty { return (bytes, .closed) }
                bytes += more
            } catch let failure as Failure where failure.description == "reset" {
                return (bytes, .reset)
            }
        }
    }

    /// Waits for something to read, the other side's end included.
    func isReadable(withinMilliseconds span: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, span) > 0
    }

    /// Waits for room for something to send.
    func isWritable(withinMilliseconds span: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, span) > 0
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the other side sees a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        let isFirst = isClosed.withLock { isClosed -> Bool in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { _ = Foundation.close(descriptor) }
    }

    /// Wakes whoever waits in `receive`, without giving up the descriptor's number.
    func interrupt() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
