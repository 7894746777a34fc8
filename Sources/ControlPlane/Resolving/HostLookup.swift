import ClusterCore
import Glibc

/// Looks a host name up and calls back, once, on any thread.
package typealias NameLookup = @Sendable (String, @escaping @Sendable (AddressBook.Answer) -> Void) -> Void

/// One blocking look-up on a thread of its own. getaddrinfo(3) has no deadline and may hold its thread for half a
/// minute when a name server is dead, so no task ever waits for it: the answer is handed to `completion` whenever it
/// comes, and the `AddressBook` decides what an overdue answer means.
package enum HostLookup {
    /// - Parameter completion: called once, on the look-up's thread.
    package static func start(_ host: String, completion: @escaping @Sendable (AddressBook.Answer) -> Void) {
        let job = Unmanaged.passRetained(Job(host: host, completion: completion))
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // SAFETY: the job was retained for the thread, which takes it over; when no thread comes to be we take it back.
        let outcome = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                // SAFETY: `pointer` is the retained job given to pthread_create below, used once.
                let job = Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
                job.completion(HostLookup.addresses(of: job.host))
                return nil
            }, job.toOpaque())
        pthread_attr_destroy(&attributes)
        if outcome != 0 {
            job.release()
            completion(.failed(reason: "no thread for the look-up (error \(outcome))"))
        }
    }

    private final class Job: Sendable {
        let host: String
        let completion: @Sendable (AddressBook.Answer) -> Void

        init(host: String, completion: @escaping @Sendable (AddressBook.Answer) -> Void) {
            self.host = host
            self.completion = completion
        }
    }

    /// Blocks. Numeric addresses come back at once.
    package static func addresses(of host: String) -> AddressBook.Answer {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        // SAFETY: getaddrinfo fills `list`, which is freed below and never used after.
        let outcome = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard outcome == 0 else {
            // SAFETY: gai_strerror returns a constant string.
            let reason = gai_strerror(outcome).map { String(cString: $0) } ?? "error \(outcome)"
            return .failed(reason: "the name does not resolve: \(reason)")
        }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr { found += socketAddress(address) }
            next = entry.pointee.ai_next
        }
        return found.isEmpty ? .failed(reason: "the name has no usable address") : .found(found)
    }

    private static func socketAddress(_ address: UnsafeMutablePointer<sockaddr>) -> [SocketAddress] {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            // SAFETY: AF_INET says that a sockaddr_in stands there (ip(7)).
            let octets = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            return [.ipv4(octets: UInt32(bigEndian: octets), port: 0)]
        case AF_INET6:
            // SAFETY: AF_INET6 says that a sockaddr_in6 stands there (ipv6(7)); its address is sixteen octets.
            let inet6 = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            let (high, low) = withUnsafeBytes(of: inet6.sin6_addr) { octets in
                (octets.loadUnaligned(as: UInt64.self), octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            return [
                .ipv6(
                    high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: 0, scope: inet6.sin6_scope_id)
            ]
        case _:
            return []
        }
    }
}
