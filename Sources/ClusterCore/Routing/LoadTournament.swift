/// Who is least loaded among many nodes: a knock-out tournament over their loads as last seen. Reading the winner costs
/// nothing, and bringing one load up to date costs one comparison a round: ten for 1 000 nodes, where looking at all of them
/// anew for every choice takes hundreds of microseconds.
package struct LoadTournament: Sendable {
    /// Below, looking at every node is as fast, and simpler.
    package static let worthwhile = 32

    private let policy: SelectionPolicy
    private var loads: [NodeLoad]
    /// A full binary tree: the winner at 1, those who met at n at 2n and 2n + 1; the leaves are the nodes.
    private var winners: [Int32]
    private let leaves: Int

    /// What stands where there is no node.
    private static let nobody: Int32 = -1

    /// Plays all rounds once.
    /// - Parameter loads: a node is called by its position in it from then on.
    package init(_ loads: [NodeLoad], policy: SelectionPolicy) {
        self.policy = policy
        self.loads = loads
        var leaves = 1
        while leaves < loads.count { leaves *= 2 }
        self.leaves = leaves
        winners = Array(repeating: LoadTournament.nobody, count: 2 * leaves)
        for position in loads.indices { winners[leaves + position] = Int32(position) }
        for place in stride(from: leaves - 1, to: 0, by: -1) { play(place) }
    }

    /// The position of the least loaded node; nil when none could be tried.
    package var winner: Int? {
        let position = winners[1]
        guard position >= 0, loads[Int(position)].standing != .impossible else { return nil }
        return Int(position)
    }

    /// Nodes, those that cannot be tried included.
    package var count: Int { loads.count }

    /// Takes what was just seen of a node.
    /// - Returns: whether it is news.
    @discardableResult
    package mutating func update(_ position: Int, to load: NodeLoad) -> Bool {
        guard loads[position] != load else { return false }
        loads[position] = load
        var place = (leaves + position) / 2
        while place > 0 {
            play(place)
            place /= 2
        }
        return true
    }

    private mutating func play(_ place: Int) {
        let (left, right) = (winners[2 * place], winners[2 * place + 1])
        // The left one has the lower position: it wins a tie.
        let isRightBetter =
            right != LoadTournament.nobody
            && (left == LoadTournament.nobody || policy.prefers(loads[Int(right)], over: loads[Int(left)]))
        winners[place] = isRightBetter ? right : left
    }
}
