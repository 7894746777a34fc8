import ClusterCore
import Testing

@Suite("Placing clients by their address")
struct RendezvousHashTests {
    private let nodes = (1...5).map { RendezvousHash.digest("node\($0)".utf8) }
    private let clients = (0..<10_000).map { RendezvousHash.digest("10.0.\($0 / 250).\($0 % 250)".utf8) }

    private func place(_ client: UInt64, without gone: Set<Int> = []) -> Int? {
        RendezvousHash.best(
            client: client, count: nodes.count, node: { nodes[$0] }, isEligible: { !gone.contains($0) })
    }

    @Test("each node gets about its part of the clients")
    func even() {
        let placed = Dictionary(grouping: clients) { place($0) ?? -1 }.mapValues(\.count)
        #expect(placed.count == 5)
        #expect(placed.values.allSatisfy { (1_800...2_200).contains($0) }, "\(placed)")
    }

    @Test("a node that goes moves only its own clients")
    func minimal() {
        for client in clients {
            let before = place(client)
            let after = place(client, without: [2])
            #expect(before == 2 ? after != 2 : after == before)
        }
    }

    @Test("the same in every process: the values are fixed")
    func stable() {
        #expect(RendezvousHash.digest("".utf8) == 0xCBF2_9CE4_8422_2325)
        #expect(RendezvousHash.digest("a".utf8) == 0xAF63_DC4C_8601_EC8C)
        #expect(RendezvousHash.mixed(0) == 0xE220_A839_7B1D_CDAF)
    }

    @Test("nobody is eligible, nobody is chosen")
    func nobody() { #expect(place(1, without: [0, 1, 2, 3, 4]) == nil) }
}
