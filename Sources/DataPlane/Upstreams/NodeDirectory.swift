package import ClusterCore
import HTTPFraming
import Synchronization

/// One reactor's own copy of the routing table: nodes at indices that stay the same as long as any connection refers to
/// them, with everything the request path needs precomputed.
///
/// Taken over from a new table at the start of a wake-up, so a request sees one whole table. A class,
/// used on one thread: a struct of this size was copied to the stack for each look at it.
package final class NodeDirectory {
    /// A node at its place.
    struct Entry {
        let id: NodeID
        let idBytes: [UInt8]
        /// Digest of the id: rules out nearly every other node before bytes are compared, and places clients by their
        /// address.
        let idHash: UInt64
        let traffic: NodeTraffic
        /// nil once the table no longer lists it.
        var node: RoutingNode?
        /// What the two lines below were made of.
        var hostName: String
        /// The three `X-Routed-…` lines, whole.
        var routedByBalancer: [UInt8]
        var routedByPin: [UInt8]
        /// Where it stands, but for an ejection: what choosing needs of `node`, without a look at its texts.
        var standing = NodeStanding.impossible
        /// Connections of this reactor that refer to this entry.
        var references = 0
        /// Changes when connections to the node that were opened before must carry no further request: its address
        /// changed, it went offline, or it left the table.
        var edition: UInt32 = 0

        /// Whether connections may be on it: false resets them, once, when it turns so.
        var isServing: Bool {
            node?.isServing ?? false
        }
    }

    /// One listed node among whom is chosen.
    struct Candidate {
        let traffic: NodeTraffic
        /// But for an ejection.
        let standing: NodeStanding
        let monitorCount: Int
    }

    private(set) var entries: [Entry] = []
    private var places: [NodeID: Int] = [:]
    /// The entries of the table's nodes in the table's order, ascending by id: what ties are broken by.
    var listed: [Int] = []
    /// Of `listed`, position by position, what choosing needs: flat, because it is read for every new connection.
    private(set) var candidates: [Candidate] = []
    /// The candidates' loads as last seen; nil while there are few.
    var tournament: LoadTournament?
    /// Whose load is looked at next, whoever may win.
    var nextLook = 0
    private(set) var generation: UInt64 = 0
    private(set) var shortage: RoutingShortage?
    var isSetupPending = false
    var monitorLimit = 0
    var primary: Int?
    var serials: [NodeTraffic.Serial: Int] = [:]
    var monitors = MonitorIndex.empty
    /// For each of the index's nodes its entry, or nil while the table does not list it.
    var monitorNodes: [Int?] = []
    let policy: SelectionPolicy
    /// What slow start draws from: a sequence of this reactor's own.
    var draws: UInt64

    /// - Parameter seed: of the sequence that decides how new nodes' shares rise.
    package init(policy: SelectionPolicy, seed: UInt64 = 0) {
        self.policy = policy
        draws = seed
    }

    /// The choice for one request.
    struct Choice: Equatable {
        let node: Int
        let via: RoutedVia
    }

    /// What a pin says.
    enum Pin: Equatable {
        case none
        /// Names a node that takes pins.
        case valid(Int)
        /// Names a node that exists but takes none just now.
        case suspended
        /// Names no node, or one that is offline: the cookie is to be cleared.
        case stale
    }

    /// Takes over a newer table.
    /// - Returns: the entries whose connections are to be reset, because their nodes just went offline, became
    ///   unreachable or left the table.
    package func update(to table: RoutingTable) -> [Int] {
        let wasServing = entries.map(\.isServing)
        let addresses = entries.map { $0.node?.address }
        for index in entries.indices {
            entries[index].node = nil
            entries[index].standing = .impossible
        }
        // Those that have a place keep it, so they come first; a new node takes only what is then left over.
        let nodes = table.nodes.prefix(RoutingLimits.nodes)
        let known = nodes.map { refresh($0) }
        listed = zip(nodes, known).map { node, index in index ?? place(node) }
        generation = table.generation
        shortage = table.shortage
        isSetupPending = table.isSetupPending
        monitorLimit = table.monitorLimit
        primary = table.primaryNode.flatMap { places[$0.id] }
        for index in addresses.indices
        where !entries[index].isServing || entries[index].node?.address != addresses[index] {
            entries[index].edition &+= 1
        }
        enterCandidates()
        serials = Dictionary(listed.map { (entries[$0].traffic.serial, $0) }) { first, _ in first }
        monitors = table.monitors
        monitorNodes = monitors.nodes.map { id in places[id].flatMap { entries[$0].node == nil ? nil : $0 } }
        return wasServing.indices.filter { wasServing[$0] && !entries[$0].isServing }
    }

    private func enterCandidates() {
        nextLook = 0
        candidates = listed.map { index in
            let node = entries[index].node
            let standing = node?.standing(monitorLimit: monitorLimit, isEjected: false) ?? .impossible
            entries[index].standing = standing
            return Candidate(
                traffic: entries[index].traffic, standing: standing, monitorCount: node?.monitorCount ?? 0)
        }
        guard candidates.count > LoadTournament.worthwhile else {
            tournament = nil
            return
        }
        let loads = candidates.map { candidate in
            NodeLoad(
                standing: candidate.standing, monitorCount: candidate.monitorCount,
                openConnections: candidate.traffic.openConnections.load(ordering: .relaxed))
        }
        tournament = LoadTournament(loads, policy: policy)
    }

    /// Brings the entry of a node that has one up to date.
    private func refresh(_ node: RoutingNode) -> Int? {
        // A node id keeps its NodeTraffic for the life of the process; were it another object, counts would go astray.
        guard let index = places[node.id], entries[index].traffic === node.traffic else { return nil }
        if entries[index].hostName != node.hostName {
            entries[index].hostName = node.hostName
            entries[index].routedByBalancer = NodeDirectory.routedLines(.loadBalancer, to: node)
            entries[index].routedByPin = NodeDirectory.routedLines(.fixedNode, to: node)
        }
        entries[index].node = node
        return index
    }

    private func place(_ node: RoutingNode) -> Int {
        let bytes = Array(node.id.text.utf8)
        let entry = Entry(
            id: node.id, idBytes: bytes, idHash: RendezvousHash.digest(bytes),
            traffic: node.traffic, node: node, hostName: node.hostName,
            routedByBalancer: NodeDirectory.routedLines(.loadBalancer, to: node),
            routedByPin: NodeDirectory.routedLines(.fixedNode, to: node))
        // The place of a node that is gone and that no connection remembers may be used again: the list stays bounded
        // by the nodes of one table and the connections.
        guard let free = entries.firstIndex(where: { $0.node == nil && $0.references == 0 }) else {
            entries.append(entry)
            places[node.id] = entries.count - 1
            return entries.count - 1
        }
        if places[entries[free].id] == free { places[entries[free].id] = nil }
        let edition = entries[free].edition
        entries[free] = entry
        // What was opened for its predecessor is not for it.
        entries[free].edition = edition &+ 1
        places[node.id] = free
        return free
    }

    /// Text out of a database: bytes that would break the head are left out. Two nodes may share a host name, never an id.
    private static func routedLines(_ via: RoutedVia, to node: RoutingNode) -> [UInt8] {
        let name = node.hostName.utf8.filter { $0 > 0x20 && $0 < 0x7F }.prefix(255)
        return Array("\(WireNames.routedVia.text): \(via.word)\r\n\(WireNames.routedTo.text): ".utf8) + name
            + Array("\r\n\(WireNames.routedNode.text): \(node.id.text)\r\n".utf8)
    }

    // MARK: Choosing

    func pin(_ bytes: UnsafeRawBufferPointer) -> Pin {
        // A table that knows no node says nothing about a pin.
        guard !bytes.isEmpty, !listed.isEmpty else { return .none }
        let hash = RendezvousHash.digest(bytes)
        for index in entries.indices where entries[index].idHash == hash {
            guard let node = entries[index].node, entries[index].idBytes.elementsEqual(bytes) else { continue }
            if node.acceptsPins { return .valid(index) }
            return node.status == .offline ? .stale : .suspended
        }
        return .stale
    }

    // MARK: Counting

    func refer(to index: Int) {
        entries[index].references += 1
        entries[index].traffic.openConnections.wrappingAdd(1, ordering: .relaxed)
    }

    func forget(_ index: Int) {
        entries[index].references -= 1
        entries[index].traffic.openConnections.wrappingSubtract(1, ordering: .relaxed)
    }
}
