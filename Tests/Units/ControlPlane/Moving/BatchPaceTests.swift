import ClusterStore
import Testing

@testable import ControlPlane

@Suite("How many monitors go into a transaction")
struct BatchPaceTests {
    @Test("fewer after a slow one, no fewer than a step, and more again after quick ones")
    func pace() {
        var pace = BatchPace()
        #expect(pace.size == MoveLimits.batch)
        pace.note(MoveLimits.batch, took: .seconds(2))
        #expect(pace.size == MoveLimits.batch, "slow is longer than that")
        pace.note(MoveLimits.batch, took: .seconds(3))
        #expect(pace.size == MoveLimits.batch / 2)
        for _ in 1...5 { pace.note(pace.size, took: .seconds(3)) }
        #expect(pace.size == MoveLimits.step)
        pace.note(pace.size - 1, took: .milliseconds(1))
        #expect(pace.size == MoveLimits.step, "what was not full says nothing of more")
        pace.note(pace.size, took: .milliseconds(500))
        #expect(pace.size == MoveLimits.step)
        for _ in 1...5 { pace.note(pace.size, took: .milliseconds(100)) }
        #expect(pace.size == MoveLimits.batch)
    }

    @Test("none is as large again as one that outlasted its deadline")
    func deadlines() {
        var pace = BatchPace()
        for most in [MoveLimits.batch / 2, MoveLimits.batch / 4, MoveLimits.step, MoveLimits.step] {
            pace.noteDeadline()
            #expect(pace.size == MoveLimits.step)
            for _ in 1...5 { pace.note(pace.size, took: .milliseconds(100)) }
            #expect(pace.size == most)
        }
    }

    @Test("a few that took long make it small at once")
    func fewAndSlow() {
        var pace = BatchPace()
        pace.note(10, took: .seconds(4))
        #expect(pace.size == MoveLimits.step)
    }

    @Test("every element comes in exactly one batch, in its order", arguments: [0, 1, 4_999, 5_000, 5_001, 12_345])
    func batches(count: Int) {
        var pace = BatchPace()
        var rest = Array(0..<count)[...]
        var taken: [Int] = []
        while let batch = pace.take(from: &rest) {
            #expect(!batch.isEmpty && batch.count <= pace.size)
            taken += batch
            pace.noteDeadline()
        }
        #expect(taken == Array(0..<count))
    }
}
