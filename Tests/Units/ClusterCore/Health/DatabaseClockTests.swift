import ClusterCore
import Testing

@Suite("The database's clock")
struct DatabaseClockTests {
    private let start = ContinuousClock.now
    private let epoch: Duration = .seconds(1_800_000_000)

    /// A poll that was asked `at` seconds after the start and took `span` seconds; the clock is off by `shift` seconds.
    private func poll(
        _ watch: inout DatabaseClockWatch, at: Double, took span: Double = 0.01, shift: Double = 0
    ) -> Duration? {
        watch.observe(
            epoch + .seconds(at + span / 2 + shift), asked: start + .seconds(at), answered: start + .seconds(at + span))
    }

    @Test("one that goes on is no news, however late answers come")
    func steady() {
        var watch = DatabaseClockWatch()
        #expect(poll(&watch, at: 0) == nil)
        #expect(poll(&watch, at: 1, took: 4.9) == nil)
        #expect(poll(&watch, at: 40, took: 0.001) == nil)
    }

    @Test("a step is told of once, with its size", arguments: [90.0, -3_600, 1.5])
    func step(shift: Double) throws {
        var watch = DatabaseClockWatch()
        _ = poll(&watch, at: 0)
        let step = try #require(poll(&watch, at: 1, shift: shift))
        #expect(abs(step / .seconds(1) - shift) < 0.1)
        #expect(poll(&watch, at: 2, shift: shift) == nil)
    }

    @Test("a slow poll hides no step that came right after it")
    func slowPoll() throws {
        var watch = DatabaseClockWatch()
        _ = poll(&watch, at: 0)
        #expect(poll(&watch, at: 1, took: 4.8) == nil)
        #expect(try #require(poll(&watch, at: 6, shift: 3)) > .seconds(2.9))
    }

    @Test("a clock that is slewed back into step is no news")
    func drift() {
        var watch = DatabaseClockWatch()
        for second in 0..<2_000 {
            #expect(poll(&watch, at: Double(second), shift: Double(second) * 0.0005) == nil)
        }
    }

    @Test("hosts within a second of each other are in step, and a poll without a clock says nothing")
    func small() {
        var watch = DatabaseClockWatch()
        _ = poll(&watch, at: 0)
        #expect(poll(&watch, at: 1, shift: 0.9) == nil)
        #expect(watch.observe(nil, asked: start, answered: start) == nil)
    }
}
