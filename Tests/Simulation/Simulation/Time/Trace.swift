/// What happened, line by line, kept only when somebody will read it: a seed that fails is run again with `.kept`.
///
/// SAFETY: `@unchecked Sendable`: touched by the simulation's one thread only.
package final class Trace: @unchecked Sendable {
    package enum Mode: Sendable { case dropped, kept }

    private let mode: Mode
    private let scheduler: Scheduler
    package private(set) var lines: [String] = []
    /// FNV-1a over everything that was noted: two runs of one seed must agree in it.
    package private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    init(_ mode: Mode, scheduler: Scheduler) {
        self.mode = mode
        self.scheduler = scheduler
    }

    func note(_ who: String, _ what: @autoclosure () -> String) {
        stir(UInt64(scheduler.now / .microseconds(1)))
        guard mode == .kept else { return }
        lines.append("\(Trace.text(scheduler.now))  \(Trace.padded(who))  \(what())")
    }

    func stir(_ number: UInt64) { digest = (digest ^ number) &* 0x100_0000_01b3 }

    static func text(_ time: Duration) -> String {
        let milliseconds = Int64(time / .milliseconds(1))
        let (seconds, rest) = (String(milliseconds / 1000), String(milliseconds % 1000))
        return String(repeating: " ", count: max(0, 5 - seconds.count)) + seconds + "."
            + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private static func padded(_ text: String) -> String {
        text + String(repeating: " ", count: max(0, 10 - text.count))
    }
}
