import ClusterCore
import Logging
import Synchronization

/// Says which monitors are passed over because somebody keeps their rows locked. Each pass meets them again: so once a minute
/// at most.
final class LockNotices: Sendable {
    static let pause: Duration = .seconds(60)
    /// Ids in one line; whoever edits more at once knows what they do.
    static let ids = 10

    private let logger: Logger
    private let restsUntil = Mutex<ContinuousClock.Instant?>(nil)

    init(_ logger: Logger) { self.logger = logger }

    func passedOver(_ monitors: Set<MonitorID>, now: ContinuousClock.Instant = .now) {
        guard !monitors.isEmpty else { return }
        let isDue = restsUntil.withLock { rest in
            if let rest, now < rest { return false }
            rest = now + LockNotices.pause
            return true
        }
        guard isDue else { return }
        let named = monitors.sorted().prefix(LockNotices.ids).map(\.description).joined(separator: ", ")
        let more = monitors.count > LockNotices.ids ? ", …" : ""
        logger.warning(
            "monitors stay where they are: another transaction keeps their rows locked",
            metadata: ["count": "\(monitors.count)", "monitors": "\(named)\(more)"])
    }
}
