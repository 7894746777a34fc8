import Glibc

/// Which addresses of a name do not even refuse a connection. For where libmariadb must have the name itself: 3.3 waits for
/// the second and every further address as long as the kernel does (127 s by default), so of several only one may be silent.
struct SilentAddresses {
    /// A connect on a network that works takes far less.
    static let patience: Duration = .seconds(1)

    private let addresses: [String]
    private let port: UInt16

    init(_ addresses: [String], port: UInt16) {
        self.addresses = addresses
        self.port = port
    }

    /// - Throws: `.unavailable` when more than one address is silent. Asks nobody when there is only one address.
    func refuseMoreThanOne(of host: Host) throws(MariaDBError) {
        guard addresses.count > 1 else { return }
        let silent = silent()
        guard silent.count > 1 else { return }
        throw .unavailable(
            reason: "\(host): no answer from \(silent.joined(separator: ", ")); with DB_TLS=verified one may be silent")
    }

    private func silent() -> [String] {
        var waiting: [(address: String, descriptor: Int32)] = []
        for address in addresses {
            if let descriptor = begin(address) { waiting.append((address, descriptor)) }
        }
        let deadline = ContinuousClock.now + SilentAddresses.patience
        while waiting.count > 1, ContinuousClock.now < deadline {
            var polled = waiting.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
            let left = Int((deadline - .now) / .milliseconds(1)) + 1
            guard poll(&polled, nfds_t(polled.count), Int32(clamping: left)) > 0 else { continue }
            for (place, entry) in polled.enumerated().reversed() where entry.revents != 0 {
                close(waiting.remove(at: place).descriptor)
            }
        }
        for entry in waiting { close(entry.descriptor) }
        return waiting.map(\.address)
    }

    /// Nil when the outcome is known at once, whatever it is.
    private func begin(_ address: String) -> Int32? {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &list) == 0, let entry = list?.pointee else { return nil }
        defer { freeaddrinfo(list) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(entry.ai_family, kind, 0)
        guard descriptor >= 0 else { return nil }
        // SAFETY: address and length come from one entry of the list, which is freed when this returns.
        if connect(descriptor, entry.ai_addr, entry.ai_addrlen) != 0, errno == EINPROGRESS { return descriptor }
        close(descriptor)
        return nil
    }
}
