package import ClusterCore
import Synchronization

extension NodeDirectory {
    /// Whether a request can be sent again when its node dies under it. One that cannot, and that no pin and no affinity
    /// leads there, keeps away from a node that has just broken off a connection, as long as another one could serve.
    enum Resending { case possible, impossible }

    /// The node for a request: set-up first, then the pin, then affinity, then where the client is, then the least
    /// loaded (<doc:ChoosingANode>). Nil when none is left to try.
    /// - Parameter sticky: the entry that this client connection is on, or -1.
    func choose(
        pin: Pin, affinity: NodeAffinity = .none, sticky: Int, tried: TriedNodes, _ resending: Resending = .possible,
        now: UInt64
    ) -> Choice? {
        if isSetupPending, let primary, !tried.contains(primary), standing(primary, now: now) != .impossible {
            return Choice(node: primary, via: .loadBalancer)
        }
        // A pinned node that this balancer cannot reach just now is passed over, and the cookie left alone: routing
        // follows what this balancer can reach.
        if case .valid(let index) = pin, isUsable(index, tried: tried, now: now) {
            return Choice(node: index, via: .fixedNode)
        }
        let isPlaced = isUsable(sticky, tried: tried, now: now)
        let favoured: Int? =
            switch affinity {
            case .none: nil
            case .node(let index): isUsable(index, tried: tried, now: now) ? index : nil
            case .address(let client): favourite(of: client, tried: tried, now: now)
            case .addressIfNew(let client): isPlaced ? nil : favourite(of: client, tried: tried, now: now)
            }
        if let favoured { return Choice(node: favoured, via: .loadBalancer) }
        if isPlaced, !isAvoided(sticky, resending, now: now) { return Choice(node: sticky, via: .loadBalancer) }
        let best = leastLoaded(tried: tried, resending, now: now)
        // Where they are all shaken, the client stays.
        if isPlaced, best.map({ isAvoided($0, resending, now: now) }) ?? true {
            return Choice(node: sticky, via: .loadBalancer)
        }
        return best.map { Choice(node: $0, via: .loadBalancer) }
    }

    private func isAvoided(_ index: Int, _ resending: Resending, now: UInt64) -> Bool {
        switch resending {
        case .possible: false
        case .impossible: entries[index].traffic.isShaken(now: now)
        }
    }

    /// The counters of the node for a request without affinity; nil when there is none to try.
    package func leastLoaded(now: UInt64) -> NodeTraffic? {
        choose(pin: .none, sticky: -1, tried: TriedNodes(), now: now).map { entries[$0.node].traffic }
    }

    /// A connect was refused, reset or timed out: the node is passed over for a while, unless it is the last one that
    /// could serve (<doc:ChoosingANode>): then it would be tried all the same, and nobody may be told that nothing serves.
    /// - Parameter draw: a random number of 0 to 1, for the jitter.
    package func connectFailed(_ index: Int, now: UInt64, draw: Double) {
        let traffic = entries[index].traffic
        traffic.connectFailed()
        let serves = standing(index, now: now) < .ejected
        guard !serves || listed.contains(where: { $0 != index && standing($0, now: now) < .ejected }) else { return }
        traffic.eject(now: now, draw: draw)
    }

    private func isUsable(_ index: Int, tried: TriedNodes, now: UInt64) -> Bool {
        index >= 0 && !tried.contains(index) && standing(index, now: now) < .ejected
    }

    /// What cannot be sent again passes over shaken nodes, but takes one before it takes a node that may be dead, or is being
    /// emptied: it would stay there.
    private func leastLoaded(tried: TriedNodes, _ resending: Resending, now: UInt64) -> Int? {
        let usual = leastLoaded(tried: tried, now: now)
        guard let usual, isAvoided(usual, resending, now: now) else { return usual }
        let steady = weighed(now: now) { tried.contains(listed[$0]) || candidates[$0].traffic.isShaken(now: now) }
        guard let steady, standing(steady, now: now) <= max(.full, standing(usual, now: now)) else { return usual }
        return steady
    }

    private func leastLoaded(tried: TriedNodes, now: UInt64) -> Int? {
        // The usual case: nothing was tried, and no node's share is still rising.
        if tried.count == 0, let first = first(now: now), share(of: first, now: now) >= 1 { return listed[first] }
        return weighed(now: now) { tried.contains(listed[$0]) }
    }

    /// The entry of the least loaded candidate, each node in proportion to its share.
    /// - Parameter isLeftOut: of the candidate at a position.
    private func weighed(now: UInt64, _ isLeftOut: (Int) -> Bool) -> Int? {
        var draws = draws
        defer { self.draws = draws }
        let best = policy.choose(
            count: candidates.count, load: { load($0, now: now) }, isTried: isLeftOut,
            share: { share(of: $0, now: now) }, draw: { NodeDirectory.draw(&draws) })
        return best.map { listed[$0] }
    }

    /// The position of the least loaded candidate.
    private func first(now: UInt64) -> Int? {
        guard tournament != nil else {
            return policy.best(count: candidates.count, load: { load($0, now: now) }, isTried: { _ in false })
        }
        // What other reactors did to a node's count, and the end of an ejection, show when somebody looks: a few at each
        // choice, so every one of 1 000 nodes within 125. The winner itself is always looked at.
        for _ in 0..<NodeDirectory.looks {
            let seen = load(nextLook, now: now)
            tournament?.update(nextLook, to: seen)
            nextLook = nextLook + 1 < candidates.count ? nextLook + 1 : 0
        }
        var winner = tournament?.winner
        for _ in 0..<NodeDirectory.corrections {
            guard let position = winner else { break }
            let seen = load(position, now: now)
            guard tournament?.update(position, to: seen) == true else { break }
            winner = tournament?.winner
        }
        return winner
    }

    /// Candidates looked at for each choice, beside the winner.
    private static let looks = 8
    /// Winners that turn out to have more load than was known, before the next one is taken as it is: bounds a choice among
    /// nodes that many reactors load at once.
    private static let corrections = 16

    private func load(_ position: Int, now: UInt64) -> NodeLoad {
        let candidate = candidates[position]
        return NodeLoad(
            standing: NodeDirectory.standing(candidate.standing, of: candidate.traffic, now: now),
            monitorCount: candidate.monitorCount,
            openConnections: candidate.traffic.openConnections.load(ordering: .relaxed))
    }

    private func share(of position: Int, now: UInt64) -> Double {
        policy.slowStart.share(since: candidates[position].traffic.routableSince, now: now)
    }

    /// By rendezvous hashing among the nodes that take new clients; load does not count, or two balancers would disagree.
    /// One of last resort only when there is no other.
    private func favourite(of client: UInt64, tried: TriedNodes, now: UInt64) -> Int? {
        func best(_ isEligible: (NodeStanding) -> Bool) -> Int? {
            RendezvousHash.best(
                client: client, count: listed.count, node: { entries[listed[$0]].idHash },
                isEligible: { !tried.contains(listed[$0]) && isEligible(standing(listed[$0], now: now)) })
        }
        return (best { $0 <= .full } ?? best { $0 == .lastResort }).map { listed[$0] }
    }

    /// The next number of 0 to 1 of a sequence (SplitMix64).
    private static func draw(_ state: inout UInt64) -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Double(RendezvousHash.mixed(state) >> 11) * 0x1p-53
    }

    private func standing(_ index: Int, now: UInt64) -> NodeStanding {
        NodeDirectory.standing(entries[index].standing, of: entries[index].traffic, now: now)
    }

    private static func standing(_ standing: NodeStanding, of traffic: NodeTraffic, now: UInt64) -> NodeStanding {
        switch standing {
        case .preferred, .full, .lastResort: traffic.isEjected(now: now) ? .ejected : standing
        case .doubtful: traffic.isEjected(now: now) ? .shunned : standing
        case .ejected, .shunned, .impossible: standing
        }
    }

    /// The entry of a listed node.
    func node(serial: NodeTraffic.Serial) -> Int? { serials[serial] }

    /// The entry of the node that runs a monitor; nil when nobody does, or nobody who is listed.
    func node(running monitor: Int64) -> Int? {
        monitors.owner(of: monitor).flatMap { monitorNodes[$0] }
    }
}
