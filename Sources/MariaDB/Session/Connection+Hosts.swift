import Logging
import Synchronization

/// On which host it works (Tables.md).
extension Connection {
    /// What a call is made for.
    enum Purpose {
        case reading
        case writing
    }

    /// What becomes of a call that failed.
    enum Settlement {
        case final(MariaDBError)
        /// Its host was left, and it changed nothing there; another one may do it.
        case elsewhere(MariaDBError)
    }

    /// Finds out whether an error meant the host, and leaves the host if another may be better.
    func settle(_ error: MariaDBError, of session: Session, _ purpose: Purpose) -> Settlement {
        guard let current = book.current else { return .final(error) }
        guard !session.isBroken else {
            note(HostBook.Finding(error), at: current)
            leave(current)
            switch purpose {
            // A Galera host that is locked holds reads up, too, until their time is up.
            case .reading: return hosts.count > 1 ? .elsewhere(error) : .final(error)
            case .writing: return .final(error)
            }
        }
        guard let doubt = session.takeDoubt() else { return .final(error) }
        let fitness: HostFitness
        do throws(MariaDBError) { fitness = try session.fitness(writeProbe: options.writeProbe) } catch {
            leave(current)
            return .final(error)
        }
        _ = session.takeDoubt()
        note(.answers(fitness), at: current)
        lookAgain(at: fitness)
        switch (fitness, doubt) {
        case (.fit, .lock), (.lent, .lock):
            // A row's lock, or a table's: it is the same on every host, or soon over.
            return .final(error)
        case (.fit, .refusal), (.fit, .commit):
            // What it refused it may accept from a new session; the other hosts come first.
            leave(current)
            return .final(error)
        case (.lent, _), (.locked, _), (.readOnly, _), (.joining, _), (.outsideCluster, _):
            break
        }
        let named = MariaDBError.unavailable(reason: "\(hostName(current)) \(fitness)")
        guard book.mayFindBetter(than: fitness, at: current, now: .now) else {
            if !fitness.servesAlone { self.session = nil }
            return .final(named)
        }
        logger.warning(
            "leaving a database host for another",
            metadata: ["host": "\(hostName(current))", "reason": "\(fitness)", "error": "\(error)"])
        leave(current)
        return doubt == .commit ? .final(named) : .elsewhere(named)
    }

    private func leave(_ index: Int) {
        session = nil
        book.leave(index)
    }

    /// Opens a session on the first host that is fit, else on the best of those that serve.
    func openBest() throws(MariaDBError) -> Session {
        let isFirstAttempt = backoff.failures == 0 && overload.failures == 0
        var second: (session: Session, index: Int, fitness: HostFitness)?
        var problems: [MariaDBError] = []
        for index in book.order {
            do {
                let limit =
                    hosts.count > 1 && isFirstAttempt
                    ? min(options.connectTimeout, ConnectionLimits.quickConnect) : options.connectTimeout
                let session = try connect(to: hosts[index], within: limit)
                var fitness = session.fitnessAtLogin
                if book.needsWriteProbe(at: index) {
                    // No log-in shows a lock.
                    fitness = try session.fitness(writeProbe: options.writeProbe)
                    _ = session.takeDoubt()
                }
                note(.answers(fitness), at: index)
                if fitness == .fit { return work(with: session, at: index, fitness) }
                if fitness.servesAlone, fitness.rank < second?.fitness.rank ?? .max {
                    second = (session, index, fitness)
                }
                problems.append(.unavailable(reason: "\(hostName(index)) \(fitness)"))
            } catch {
                logger.debug("a database host cannot be used", metadata: ["reason": "\(error)"])
                note(HostBook.Finding(error), at: index)
                problems.append(error)
            }
        }
        if let second { return work(with: second.session, at: second.index, second.fitness) }
        book.startOver()
        publishReport()
        throw Connection.summary(of: problems)
    }

    /// Asks again the host that is not fit, and the others when it still is not.
    func better(than session: Session) throws(MariaDBError) -> Session {
        guard let current = book.current else { return session }
        let fitness: HostFitness
        do throws(MariaDBError) { fitness = try session.fitness(writeProbe: options.writeProbe) } catch {
            leave(current)
            throw error
        }
        _ = session.takeDoubt()
        note(.answers(fitness), at: current)
        lookAgain(at: fitness)
        guard fitness != .fit, book.mayFindBetter(than: fitness, at: current, now: .now) else { return session }
        leave(current)
        let found = try openBest()
        self.session = found
        return found
    }

    /// When to ask again a host that is `fitness`: a lock may be gone at any time, and what is written then tells nobody.
    private func lookAgain(at fitness: HostFitness) {
        switch fitness {
        case .fit: secondLook = nil
        case .locked: secondLook = ContinuousClock.now + HostBook.standing
        case .lent, .readOnly, .joining, .outsideCluster:
            secondLook = ContinuousClock.now + ConnectionLimits.secondLook
        }
    }

    private func work(with session: Session, at index: Int, _ fitness: HostFitness) -> Session {
        lookAgain(at: fitness)
        let isFirst = book.current == nil
        if book.works(at: index) {
            logger.log(
                level: isFirst ? .debug : .notice, "working with a database host",
                metadata: ["host": "\(hostName(index))"])
        }
        publishReport()
        return session
    }

    private func note(_ finding: HostBook.Finding, at index: Int) {
        let news = book.found(finding, at: index, now: .now)
        publishReport()
        guard let news else { return }
        // Of the only host there is, its coming and going, its callers tell.
        let level: Logger.Level =
            switch finding {
            case .answers(.fit): hosts.count > 1 ? .notice : .debug
            case .answers: .warning
            case .unreachable, .silent, .refusesLogin: hosts.count > 1 ? .warning : .debug
            }
        logger.log(level: level, "the database host \(news)")
    }

    private func publishReport() {
        let report = book.report
        hostReport.withLock { $0 = report }
    }

    private func hostName(_ index: Int) -> String { hosts[index]?.description ?? "the socket" }

    /// One address after the other, each with its share of `limit`.
    private func connect(to host: Host?, within limit: Duration) throws(MariaDBError) -> Session {
        guard let host else { return try Session(options, at: nil, connectTimeout: limit) }
        let addresses: [String]
        do throws(AddressResolver.Failure) {
            addresses = try resolver.addresses(of: host.name, within: limit)
        } catch {
            throw .unavailable(reason: "\(host): \(error.reason)")
        }
        if case .verified = options.tls, AddressResolver.numeric(host.name) == nil {
            // The library compares the certificate with what it is given to connect to.
            try SilentAddresses(addresses, port: host.port).refuseMoreThanOne(of: host)
            return try Session(options, at: ConnectPlace(host: host, address: host.name), connectTimeout: limit)
        }
        let deadline = ContinuousClock.now + limit
        var problem = MariaDBError.unavailable(reason: "\(host): the name has no address")
        for (position, address) in addresses.enumerated() {
            let left = deadline - .now
            guard position == 0 || left > .zero else { break }
            do {
                return try Session(
                    options, at: ConnectPlace(host: host, address: address),
                    connectTimeout: left / (addresses.count - position))
            } catch {
                problem = error
            }
        }
        throw problem
    }

    /// Of several hosts' errors the case that tells most – whether anybody is to be left in peace, else the last one – with
    /// all of their reasons.
    private static func summary(of problems: [MariaDBError]) -> MariaDBError {
        guard problems.count > 1 else {
            return problems.first ?? .unavailable(reason: "no database host is configured")
        }
        let reasons = problems.map { problem in
            switch problem {
            case .unavailable(let reason), .overloaded(let reason), .loginRefused(let reason): reason
            case .deadlineExceeded, .notPermitted, .schemaMissing, .conflict, .refused, .misused: "\(problem)"
            }
        }
        let all = reasons.joined(separator: "; ")
        var isOverloaded = false
        for case .overloaded in problems { isOverloaded = true }
        return isOverloaded ? .overloaded(reason: all) : .unavailable(reason: all)
    }
}

extension HostBook.Finding {
    init(_ error: MariaDBError) {
        switch error {
        case .overloaded, .deadlineExceeded: self = .silent
        case .loginRefused, .notPermitted, .schemaMissing: self = .refusesLogin
        case .unavailable, .conflict, .refused, .misused: self = .unreachable
        }
    }
}
