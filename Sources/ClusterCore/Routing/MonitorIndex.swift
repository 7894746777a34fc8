/// Which node runs which monitor, for `/api/v1/monitors/{id}` (ChoosingANode.md): ids in order beside small numbers that name
/// their nodes. 10 bytes a monitor; looked up by halving, about 17 steps for 100 000.
///
/// An object, so that a routing table which changes for another reason passes it on as it is.
package final class MonitorIndex: Sendable, Equatable {
    /// Ascending.
    private let ids: [Int64]
    /// For each id, its node's place in `nodes`.
    private let owners: [UInt16]
    /// The nodes that own any monitor, each once.
    package let nodes: [NodeID]

    /// Of no monitors: what there is before the first reading.
    package static let empty = MonitorIndex(ids: [], owners: [], nodes: [])

    private init(ids: [Int64], owners: [UInt16], nodes: [NodeID]) {
        self.ids = ids
        self.owners = owners
        self.nodes = nodes
    }

    /// - Parameter assignments: ascending by id; beyond `RoutingLimits.monitors` they are left out.
    package convenience init(of assignments: [MonitorAssignment]) { self.init(AssignmentSurvey(of: assignments)) }

    /// Paused monitors count too: resuming one belongs to the node that will then run it.
    package convenience init(_ survey: AssignmentSurvey) {
        var nodes: [NodeID] = []
        let places = survey.places.map { place -> UInt16? in
            // A name that no node can have, or too many names: nobody to send such a request to.
            guard place.owned > 0, nodes.count < Int(UInt16.max), let id = place.reference.nodeID else { return nil }
            nodes.append(id)
            return UInt16(nodes.count - 1)
        }
        var ids: [Int64] = []
        var owners: [UInt16] = []
        let count = min(survey.ids.count, RoutingLimits.monitors)
        ids.reserveCapacity(count)
        owners.reserveCapacity(count)
        for position in 0..<count {
            guard let owner = places[Int(survey.owners[position])] else { continue }
            ids.append(survey.ids[position])
            owners.append(owner)
        }
        self.init(ids: ids, owners: owners, nodes: nodes)
    }

    /// Monitors whose owner has a name that a node can have, paused ones included; at most `RoutingLimits.monitors`.
    package var count: Int { ids.count }

    /// The place in `nodes` of the node that runs the monitor; nil when nobody does.
    package func owner(of id: Int64) -> Int? {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        guard low < ids.count, ids[low] == id else { return nil }
        return Int(owners[low])
    }

    package static func == (left: MonitorIndex, right: MonitorIndex) -> Bool {
        left === right || (left.ids == right.ids && left.owners == right.owners && left.nodes == right.nodes)
    }
}
