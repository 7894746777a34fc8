import CLinux
import Glibc

/// The number of a failed system call, kept apart from every other integer.
struct SystemError: Error, Equatable, CustomStringConvertible {
    let number: Int32

    /// No descriptor, or no memory for a socket, is free in the process or the system.
    var meansNoDescriptor: Bool {
        switch number {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        case _: false
        }
    }

    /// As above, or no local port or address is free for a connect (connect(2): EADDRNOTAVAIL, EAGAIN): whatever failed, it
    /// was not the peer.
    var isOurLack: Bool { meansNoDescriptor || number == EADDRNOTAVAIL || number == EAGAIN }

    /// `strerror` in words, for logs and start-up errors.
    var description: String {
        // SAFETY: strerror returns a C string that is valid until this thread calls it again; it is copied at once.
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}

/// How one non-blocking transfer ended.
enum TransferOutcome: Equatable {
    /// That many bytes; at least one.
    case moved(Int)
    case wouldBlock
    /// Receiving only: the peer will send no more.
    case endOfStream
    case failed(SystemError)
}

/// The calls of the steady path, each in one place; EINTR is repeated here and nowhere else.
enum SystemCall {
    /// Monotonic time in nanoseconds: the clock of every deadline and of `NodeTraffic`'s ejections.
    static var now: UInt64 { clinux_monotonic_nanoseconds() }

    /// Calls until it is not interrupted; the call answers -1 and sets errno, as libc does.
    static func retrying(_ call: () -> Int) -> Result<Int, SystemError> {
        while true {
            let value = call()
            if value >= 0 { return .success(value) }
            let number = errno
            if number != EINTR { return .failure(SystemError(number: number)) }
        }
    }

    /// Calls until it is not interrupted; the call answers -errno, as CLinux does.
    static func retryingShim(_ call: () -> Int32) -> Result<Int32, SystemError> {
        while true {
            let value = call()
            if value >= 0 { return .success(value) }
            if value != -EINTR { return .failure(SystemError(number: -value)) }
        }
    }

    /// recv(2) into a part of a buffer.
    /// SAFETY: `buffer` is written within its bounds during the call only.
    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> TransferOutcome {
        outcome(retrying { recv(descriptor, buffer.baseAddress, buffer.count, 0) }, ofNothing: .endOfStream)
    }

    /// send(2) of as much as the socket takes. MSG_NOSIGNAL: a closed peer is an outcome, not a SIGPIPE.
    /// SAFETY: `bytes` is read within its bounds during the call only.
    static func transmit(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> TransferOutcome {
        outcome(
            retrying { send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) },
            ofNothing: .wouldBlock)
    }

    /// splice(2): moves up to `count` bytes from a socket into a pipe or from a pipe into a socket, unseen. Into a pipe
    /// that is not full, or out of one that is not empty, the outcome speaks of the socket.
    static func splice(from source: Int32, to sink: Int32, _ count: Int) -> TransferOutcome {
        while true {
            let moved = clinux_splice(source, sink, UInt64(count))
            if moved > 0 { return .moved(Int(moved)) }
            if moved == 0 { return .endOfStream }
            let error = SystemError(number: Int32(truncatingIfNeeded: -moved))
            if error.number == EAGAIN { return .wouldBlock }
            if error.number != EINTR { return .failed(error) }
        }
    }

    private static func outcome(
        _ result: Result<Int, SystemError>, ofNothing nothing: TransferOutcome
    ) -> TransferOutcome {
        switch result {
        case .success(0): nothing
        case .success(let count): .moved(count)
        case .failure(let error): error.number == EAGAIN || error.number == EWOULDBLOCK ? .wouldBlock : .failed(error)
        }
    }

    /// Whether an idle connection is still open and silent. Anything to read on it – an end, an error, bytes nobody asked
    /// for – means that no request may go there.
    static func isIdleAndOpen(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let result = retrying { recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) }
        switch result {
        case .success: return false
        case .failure(let error): return error.number == EAGAIN || error.number == EWOULDBLOCK
        }
    }

    /// The pending error of a socket: how a non-blocking connect ended (connect(2), EINPROGRESS).
    static func takeError(_ descriptor: Int32) -> SystemError? {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        switch retrying({ Int(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)) }) {
        case .success: return number == 0 ? nil : SystemError(number: number)
        case .failure(let error): return error
        }
    }

    /// Sets an integer option. Best effort: none of those used here is needed for correctness.
    static func set(_ descriptor: Int32, level: Int32, option: Int32, to value: Int32) {
        var value = value
        _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// An integer option of the socket level; nil for what is no socket.
    static func option(_ descriptor: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        switch retrying({ Int(getsockopt(descriptor, SOL_SOCKET, option, &value, &length)) }) {
        case .success: return value
        case .failure: return nil
        }
    }

    /// No waiting for full segments: small responses and WebSocket frames leave at once.
    static func setNoDelay(_ descriptor: Int32) {
        set(descriptor, level: Int32(IPPROTO_TCP), option: TCP_NODELAY, to: 1)
    }

    /// Finds dead peers of a tunnel, in which nobody may speak for hours: first probe after 60 s, gone after 60 + 3 × 20 s.
    static func setKeepAlive(_ descriptor: Int32) {
        set(descriptor, level: SOL_SOCKET, option: SO_KEEPALIVE, to: 1)
        set(descriptor, level: Int32(IPPROTO_TCP), option: TCP_KEEPIDLE, to: 60)
        set(descriptor, level: Int32(IPPROTO_TCP), option: TCP_KEEPINTVL, to: 20)
        set(descriptor, level: Int32(IPPROTO_TCP), option: TCP_KEEPCNT, to: 3)
    }

    /// From now on close(2) sends a reset: the peer learns that what it received is not the whole (socket(7), SO_LINGER).
    static func setResetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Tells the peer that no more comes, while its bytes can still be read.
    static func endSending(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }
}
