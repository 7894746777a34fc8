package import ClusterCore

/// Who is at an address: whose answer an answer from there may count as (<doc:Judging>). Several nodes
/// may claim one address: a container got the address of another that is gone, a name still resolves to where somebody else
/// is by now, a node's id was changed and its old row stayed.
///
/// A value, made anew of each snapshot and whenever an address changed.
package struct AddressClaims: Sendable {
    /// Whether an answer is the node's.
    package enum Verdict: Sendable, Equatable {
        case own
        /// Nobody knows yet: a good answer counts for nothing until somebody does.
        case unsure
        /// A good answer is somebody else's; the text says why, for people.
        case foreign(String)
    }

    /// Who claims an address.
    package enum Claimant: Sendable, Equatable {
        /// A node whose own agent reports now: its last address counts, whatever its name says.
        case reporting
        /// A node that is claimed to be there by its name alone.
        case silent
    }

    /// One node and where it says that it is.
    private struct Claim: Sendable {
        let node: NodeID
        let isReporting: Bool
        let reportAge: Duration?
        let lastSeen: String?

        /// Whether it is certain that the address is this node's rather than `other`'s: of two, it is the one whose agent
        /// spoke last; without any agent, the one whose Kuma started last.
        func precedes(_ other: Claim) -> Bool {
            if isReporting != other.isReporting { return isReporting }
            switch (reportAge, other.reportAge) {
            case (let mine?, let theirs?): return mine < theirs
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): break
            }
            // The times of one machine, its own zone included: of two machines neither could be at one address.
            guard let lastSeen, let theirs = other.lastSeen else { return false }
            return lastSeen > theirs
        }
    }

    /// Of each address that is claimed at all the rightful one; nil: nobody can say.
    private var holders: [SocketAddress: Claim?] = [:]
    /// Nodes whose agent is not known to report now: only their answers are in question, for whoever reports is judged by
    /// itself alone.
    package private(set) var quiet: Set<NodeID> = []

    package init() {}

    /// - Parameters:
    ///   - nodes: with ages as of now.
    ///   - silent: those that are silent already.
    ///   - overdue: a report older than this may be the last.
    ///   - address: where a node is, as far as that is certain enough to claim it.
    package init(
        _ nodes: [NodeRecord], silent: Set<NodeID>, overdue: Duration,
        address: (NodeAddress, Claimant) -> SocketAddress?
    ) {
        for node in nodes {
            let isLate = node.reportAge.map { $0 > overdue } ?? true
            let isQuiet = isLate || node.agentHealth == .detached || silent.contains(node.id)
            if isQuiet { quiet.insert(node.id) }
            let isReporting = !silent.contains(node.id) && node.reportAge != nil && node.agentHealth != .detached
            guard let place = node.address.flatMap({ address($0, isReporting ? .reporting : .silent) }) else {
                continue
            }
            let claim = Claim(
                node: node.id, isReporting: isReporting, reportAge: node.reportAge, lastSeen: node.lastSeen)
            guard let holder = holders.updateValue(claim, forKey: place) else { continue }
            holders[place] = .some(AddressClaims.rightful(holder, claim))
        }
    }

    private static func rightful(_ holder: Claim?, _ claim: Claim) -> Claim? {
        guard let holder else { return claim.isReporting ? claim : nil }
        if holder.precedes(claim) { return holder }
        return claim.precedes(holder) ? claim : nil
    }

    /// The other node whose address it is.
    package func rival(of node: NodeID, at address: SocketAddress) -> NodeID? {
        guard let holder = holders[address] ?? nil, holder.node != node else { return nil }
        return holder.node
    }

    /// - Parameters:
    ///   - address: where the answer came from.
    ///   - certainty: of the node's name.
    package func verdict(
        on node: NodeID, at address: SocketAddress, _ certainty: AddressBook.Certainty
    ) -> Verdict {
        guard quiet.contains(node) else { return .own }
        if let rival = rival(of: node, at: address) {
            return .foreign("what answers at \(address) is node \(rival)")
        }
        switch certainty {
        case .certain: return .own
        case .unsure: return .unsure
        case .gone(let reason): return .foreign("what answers at \(address) need not be this node: \(reason)")
        }
    }
}
