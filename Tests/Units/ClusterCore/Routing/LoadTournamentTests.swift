import ClusterCore
import RepeatableRandom
import Testing

@Suite("The tournament of the least loaded")
struct LoadTournamentTests {
    @Test("It always names whom a comparison of everybody would name", arguments: [0, 1, 2, 3, 33, 64, 100, 1_000])
    func agrees(count: Int) {
        let policy = SelectionPolicy(connectionWeight: 1)
        let tiers: [NodeStanding] = [.preferred, .full, .lastResort, .ejected, .doubtful, .impossible]
        // From a printed seed: the argument.
        var random = SeededRandom(seed: UInt64(count))
        func load() -> NodeLoad {
            NodeLoad(
                standing: tiers[random.index(below: tiers.count)], monitorCount: random.index(below: 5),
                openConnections: random.index(below: 5))
        }
        var loads = (0..<count).map { _ in load() }
        var tournament = LoadTournament(loads, policy: policy)
        for _ in 0..<200 {
            let best = policy.best(count: count, load: { loads[$0] }, isTried: { _ in false })
            #expect(tournament.winner == best)
            guard count > 0 else { continue }
            let position = random.index(below: count)
            let next = load()
            #expect(tournament.update(position, to: next) == (loads[position] != next))
            loads[position] = next
        }
    }
}
