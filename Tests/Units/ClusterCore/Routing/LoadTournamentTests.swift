import ClusterCore
import Testing

@Suite("The tournament of the least loaded")
struct LoadTournamentTests {
    @Test("It always names whom a look at everybody would name", arguments: [0, 1, 2, 3, 33, 64, 100, 1_000])
    func agrees(count: Int) {
        let policy = SelectionPolicy(connectionWeight: 1)
        let tiers: [NodeStanding] = [.preferred, .full, .draining, .ejected, .doubtful, .impossible]
        // SplitMix64, from a printed seed: the argument.
        var state = UInt64(count)
        func draw(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            return Int(RendezvousHash.mixed(state) % UInt64(limit))
        }
        func load() -> NodeLoad {
            NodeLoad(standing: tiers[draw(tiers.count)], monitorCount: draw(5), openConnections: draw(5))
        }
        var loads = (0..<count).map { _ in load() }
        var tournament = LoadTournament(loads, policy: policy)
        for _ in 0..<200 {
            let best = policy.best(count: count, load: { loads[$0] }, isTried: { _ in false })
            #expect(tournament.winner == best)
            guard count > 0 else { continue }
            let position = draw(count)
            let next = load()
            #expect(tournament.update(position, to: next) == (loads[position] != next))
            loads[position] = next
        }
    }
}
