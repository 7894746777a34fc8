import ClusterCore
import ClusterStore
import Testing

@testable import AgentCore

@Suite("Finding the monitors that were edited on another node")
struct EditWatchTests {
    private let start = ContinuousClock.now
    private let all = (Int64(1)...3).map { MonitorID($0) }

    private func contents(_ digests: [Int64: String], columns: [String] = ["url"]) -> MonitorContents {
        MonitorContents(
            columns: columns,
            byMonitor: Dictionary(
                uniqueKeysWithValues: digests.map { (MonitorID($0.key), MonitorContent(digest: $0.value)) }))
    }

    /// A pass at `second` of the database's clock, and as much later here.
    private func pass(
        _ watch: inout EditWatch, at second: Int64, lastWrite: Int64?, edit: String? = nil
    ) -> EditWatch.Findings {
        watch.observed(
            MonitorWrites(lastWrite: lastWrite, now: second, edit: edit.map { EditMark(text: $0) }),
            now: start + .seconds(second))
    }

    /// - Returns: whether that was news to be announced, which it then is.
    private func read(_ watch: inout EditWatch, _ digests: [Int64: String], at second: Int64) -> Bool {
        watch.read(contents(digests), took: .zero, now: start + .seconds(second))
        defer { if watch.mustAnnounce { watch.announced(EditMark(text: "mine")) } }
        return watch.mustAnnounce
    }

    /// Knows monitors 1 and 2, at second 0, written last long before.
    private func watch() -> EditWatch {
        var watch = EditWatch()
        #expect(pass(&watch, at: 0, lastWrite: -100).mustRead)
        #expect(!read(&watch, [1: "a", 2: "b"], at: 0))
        return watch
    }

    @Test("what is seen for the first time is as Kuma took it up")
    func first() {
        var watch = watch()
        #expect(watch.next(among: all, now: start) == nil)
        #expect(!read(&watch, [1: "a", 2: "b", 3: "c"], at: 2))
        #expect(watch.next(among: all, now: start + .seconds(2)) == nil)
    }

    @Test("an edited monitor is taken up once, and again only when it is edited again")
    func edited() {
        var watch = watch()
        #expect(read(&watch, [1: "a", 2: "B"], at: 2))
        #expect(watch.next(among: all, now: start + .seconds(2)) == MonitorID(2))
        watch.refreshed(MonitorID(2), .done, now: start + .seconds(3))
        #expect(!read(&watch, [1: "a", 2: "B"], at: 4))
        #expect(watch.next(among: all, now: start + .seconds(4)) == nil)
        #expect(read(&watch, [1: "a", 2: "b"], at: 6))
        #expect(watch.next(among: all, now: start + .seconds(6)) == MonitorID(2))
    }

    @Test("an edit that is taken back before Kuma was asked is none")
    func takenBack() {
        var watch = watch()
        #expect(read(&watch, [1: "a", 2: "B"], at: 2))
        #expect(!read(&watch, [1: "a", 2: "b"], at: 4))
        #expect(watch.next(among: all, now: start + .seconds(4)) == nil)
    }

    @Test("a monitor that left and came back is taken up by the run that starts it")
    func moved() {
        var watch = watch()
        #expect(!read(&watch, [1: "a"], at: 2))
        #expect(!read(&watch, [1: "a", 2: "B"], at: 4))
        #expect(watch.next(among: all, now: start + .seconds(4)) == nil)
    }

    @Test("a call without an answer, or one too many, is made again after a rest; a refused one is not")
    func outcomes() {
        var watch = watch()
        #expect(read(&watch, [1: "A", 2: "b"], at: 2))
        for (outcome, second) in [(RefreshOutcome.unanswered(detail: "timed out"), 2), (.tooMany, 20)] {
            #expect(watch.next(among: all, now: start + .seconds(second)) == MonitorID(1))
            watch.refreshed(MonitorID(1), outcome, now: start + .seconds(second))
            #expect(watch.next(among: all, now: start + .seconds(second + 14)) == nil)
        }
        #expect(watch.next(among: all, now: start + .seconds(35)) == MonitorID(1))
        watch.refreshed(MonitorID(1), .refused(detail: "answered 404"), now: start + .seconds(35))
        #expect(watch.next(among: all, now: start + .seconds(60)) == nil)
        #expect(watch.waiting == 0)
    }

    @Test(
        "the contents are read only when the table was written, for as long as that may come to sight, and each minute")
    func passes() {
        var watch = watch()
        #expect(!pass(&watch, at: 2, lastWrite: -100).mustRead)
        #expect(pass(&watch, at: 4, lastWrite: 3).mustRead)
        #expect(!read(&watch, [1: "a", 2: "b"], at: 4))
        #expect(pass(&watch, at: 6, lastWrite: 3).mustRead, "its transaction may have ended just now")
        #expect(!read(&watch, [1: "a", 2: "b"], at: 6))
        #expect(!pass(&watch, at: 8, lastWrite: 3).mustRead)
        #expect(pass(&watch, at: 10, lastWrite: nil).mustRead, "the server forgot: what it knew counts no more")
        #expect(!read(&watch, [1: "a", 2: "b"], at: 10))
        #expect(!pass(&watch, at: 12, lastWrite: nil).mustRead)
        #expect(pass(&watch, at: 70, lastWrite: nil).mustRead)
    }

    @Test("a database that takes long to answer is asked less often, and the read is not forgotten")
    func slow() {
        var watch = watch()
        watch.read(contents([1: "a", 2: "b"]), took: .milliseconds(50), now: start)
        #expect(!pass(&watch, at: 2, lastWrite: 1).mustRead)
        #expect(!pass(&watch, at: 8, lastWrite: 1).mustRead)
        #expect(pass(&watch, at: 10, lastWrite: 1).mustRead)
    }

    @Test("calls stay within what Kuma takes from one address in a quarter of an hour")
    func rate() {
        var watch = watch()
        var calls = 0
        for second in 0..<900 {
            _ = read(&watch, [1: "edit \(second)", 2: "b"], at: Int64(second))
            guard let monitor = watch.next(among: all, now: start + .seconds(second)) else { continue }
            watch.refreshed(monitor, .done, now: start + .seconds(second))
            calls += 1
        }
        #expect((40...45).contains(calls))
    }

    @Test("another agent's announcement is news once, its own and the one found at the start are not")
    func announcements() {
        var watch = EditWatch()
        #expect(!pass(&watch, at: 0, lastWrite: nil, edit: "old").mayRunStray)
        #expect(pass(&watch, at: 2, lastWrite: nil, edit: "theirs").mayRunStray)
        #expect(!pass(&watch, at: 4, lastWrite: nil, edit: "theirs").mayRunStray)
        watch.announced(EditMark(text: "mine"))
        #expect(!pass(&watch, at: 6, lastWrite: nil, edit: "mine").mayRunStray)
        #expect(pass(&watch, at: 40, lastWrite: nil, edit: "others").mayRunStray)
    }

    @Test("many announcements are one re-reading in half a minute, and the last of them is not forgotten")
    func manyAnnouncements() {
        var watch = EditWatch()
        #expect(!pass(&watch, at: 0, lastWrite: nil).mayRunStray)
        let answered = (1...30).filter { pass(&watch, at: Int64($0 * 2), lastWrite: nil, edit: "\($0)").mayRunStray }
        #expect(answered == [1, 16])
        #expect(pass(&watch, at: 62, lastWrite: nil, edit: "30").mayRunStray)
        #expect(!pass(&watch, at: 94, lastWrite: nil, edit: "30").mayRunStray)
    }

    @Test("an edited monitor that left the node is not started there again")
    func left() {
        var watch = watch()
        #expect(read(&watch, [1: "A", 2: "B"], at: 2))
        #expect(watch.next(among: [MonitorID(2)], now: start + .seconds(3)) == MonitorID(2))
        watch.refreshed(MonitorID(2), .done, now: start + .seconds(3))
        #expect(watch.next(among: all, now: start + .seconds(4)) == nil)
    }

    @Test("a column more is no edit of every monitor")
    func otherColumns() {
        var watch = watch()
        watch.read(contents([1: "x", 2: "y"], columns: ["url", "new"]), took: .zero, now: start + .seconds(2))
        #expect(!watch.mustAnnounce)
        #expect(watch.next(among: all, now: start + .seconds(2)) == nil)
    }

    @Test("a read that fails is made again later, the later the longer it took; what was not announced still has to be")
    func failures() {
        var watch = watch()
        #expect(pass(&watch, at: 2, lastWrite: 1).mustRead)
        watch.readFailed(took: .milliseconds(50), now: start + .seconds(2))
        #expect(!pass(&watch, at: 4, lastWrite: 1).mustRead)
        #expect(pass(&watch, at: 12, lastWrite: 1).mustRead)
        watch.read(contents([1: "A", 2: "b"]), took: .zero, now: start + .seconds(12))
        watch.read(contents([1: "A", 2: "b"]), took: .zero, now: start + .seconds(14))
        #expect(watch.mustAnnounce)
        watch.announced(EditMark(text: "mine"))
        #expect(!watch.mustAnnounce)
    }

    @Test("a Kuma that starts anew reads everything")
    func restart() {
        var watch = watch()
        #expect(read(&watch, [1: "A", 2: "b"], at: 2))
        watch.forget()
        #expect(watch.next(among: all, now: start + .seconds(2)) == nil)
        #expect(!read(&watch, [1: "A", 2: "b"], at: 4))
    }
}
