import Glibc
import Synchronization

/// Turns the names of database hosts into numeric addresses, in bounded time: getaddrinfo(3) has no deadline, and libmariadb
/// 3.3, given a name, bounds only the first of its addresses (135 s were seen).
///
/// What a name meant last goes on counting while its resolver fails: a name server's trouble is no trouble of the database.
final class AddressResolver: Sendable {
    struct Failure: Error {
        let reason: String
    }

    /// Addresses of one name that are tried; a Galera cluster behind one name has three to seven.
    static let most = 8
    /// How long a known name's resolver is waited for.
    static let patienceWithKnown: Duration = .milliseconds(500)

    private struct Entry {
        var running: LookUp?
        var known: [String] = []
    }

    /// By name; as many as `DB_HOST` has.
    private let entries = Mutex<[String: Entry]>([:])
    private let resolve: @Sendable (String) -> Result<[String], Failure>
    private let startThread: ThreadStart

    typealias ThreadStart = @Sendable (@escaping @Sendable () -> Void) throws(DetachedThread.Failure) -> Void

    /// - Parameters:
    ///   - resolve: may block for any time; runs on a thread of its own, at most one for each name.
    ///   - startThread: starts what it is given, or throws and never does.
    init(
        resolve: @escaping @Sendable (String) -> Result<[String], Failure> = { AddressResolver.ask($0, flags: 0) },
        startThread: @escaping ThreadStart = { work throws(DetachedThread.Failure) in try DetachedThread.start(work) }
    ) {
        self.startThread = startThread
        self.resolve = resolve
    }

    /// Blocks for `limit` at the most.
    /// - Returns: at least one numeric address.
    func addresses(of name: String, within limit: Duration) throws(Failure) -> [String] {
        if let numeric = AddressResolver.numeric(name) { return [numeric] }
        let (lookUp, isNew, known) = entries.withLock { entries in
            let entry = entries[name, default: Entry()]
            let lookUp = entry.running ?? LookUp()
            entries[name, default: Entry()].running = lookUp
            return (lookUp, entry.running == nil, entry.known)
        }
        if isNew { start(lookUp, of: name) }
        let patience = known.isEmpty ? limit : min(limit, AddressResolver.patienceWithKnown)
        switch lookUp.outcome(within: patience) {
        case .success(let addresses): return addresses
        case .failure(let failure):
            guard known.isEmpty else { return known }
            throw failure
        case nil:
            guard known.isEmpty else { return known }
            throw Failure(reason: "the name was not resolved in time")
        }
    }

    /// Without a thread the look-up has failed, as one does that its resolver refuses.
    private func start(_ lookUp: LookUp, of name: String) {
        do throws(DetachedThread.Failure) {
            try startThread { [self] in finish(name, lookUp, resolve(name)) }
        } catch {
            finish(name, lookUp, .failure(Failure(reason: "no thread for the look-up (error \(error.code))")))
        }
    }

    private func finish(_ name: String, _ lookUp: LookUp, _ outcome: Result<[String], Failure>) {
        entries.withLock { entries in
            entries[name, default: Entry()].running = nil
            if case .success(let addresses) = outcome { entries[name, default: Entry()].known = addresses }
        }
        lookUp.finish(outcome)
    }

    /// The address as the library will show it, when `name` is one already. Asks nobody.
    static func numeric(_ name: String) -> String? {
        switch ask(name, flags: AI_NUMERICHOST) {
        case .success(let addresses): addresses.first
        case .failure: nil
        }
    }

    static func ask(_ name: String, flags: Int32) -> Result<[String], Failure> {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0, let list else { return .failure(Failure(reason: String(cString: gai_strerror(code)))) }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let entry = next, addresses.count < AddressResolver.most {
            next = entry.pointee.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            // SAFETY: the entry's address and length belong together; at most `text.count` bytes are written, ended by NUL.
            guard
                getnameinfo(
                    entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                    NI_NUMERICHOST) == 0
            else { continue }
            let address = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            if !address.isEmpty, !addresses.contains(address) { addresses.append(address) }
        }
        return addresses.isEmpty ? .failure(Failure(reason: "the name has no address")) : .success(addresses)
    }
}

/// One call of the resolver, which any number of threads may wait for.
private final class LookUp: Sendable {
    private let result = Mutex<Result<[String], AddressResolver.Failure>?>(nil)
    /// The reading end hangs up when the result is there.
    private let (readEnd, writeEnd): (Int32, Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        // Without descriptors nobody waits, and the name counts as not resolved in time.
        _ = pipe(&ends)
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit { close(readEnd) }

    /// Called exactly once.
    func finish(_ outcome: Result<[String], AddressResolver.Failure>) {
        result.withLock { $0 = outcome }
        close(writeEnd)
    }

    /// Nil when `limit` passed.
    func outcome(within limit: Duration) -> Result<[String], AddressResolver.Failure>? {
        let deadline = ContinuousClock.now + limit
        while readEnd >= 0 {
            var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, deadline - .now)
            let outcome = poll(&descriptor, 1, Int32(clamping: Int(left / .milliseconds(1)) + 1))
            if outcome > 0 || ContinuousClock.now >= deadline { break }
        }
        return result.withLock { $0 }
    }
}
