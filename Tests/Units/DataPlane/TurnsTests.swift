import ClusterCore
import DataPlane
import Synchronization
import Testing
import Waiting

@Suite("Telling an idle reactor from a stuck one")
struct TurnsTests {
    @Test("a nudge makes every reactor turn, and none turns after the end")
    func nudged() async throws {
        let origin = try Origin.http { $0.target }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)])
        func turns() -> [Int] { balancer.plane.facts.map { $0.turns.load(ordering: .relaxed) } }
        for _ in 0..<3 {
            let before = turns()
            balancer.plane.nudge()
            try blockUntil("every reactor turned") { zip(turns(), before).allSatisfy { $0 > $1 } }
        }
        await balancer.plane.drain()
        let last = turns()
        balancer.plane.nudge()
        #expect(turns() == last)
    }
}
