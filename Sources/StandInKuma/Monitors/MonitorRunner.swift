package import ClusterCore
package import Logging

/// What the runner asks of the database.
package protocol MonitorDatabase: Sendable {
    /// The monitors this node runs: active, and assigned to it, or at home here and assigned to nobody else
    /// (FactsAboutKuma.md).
    func assignedMonitors() async throws -> [MonitorTask]
    /// As it is in the table, active or not and whoever is to run it; nil when there is none.
    func monitor(_ id: MonitorID) async throws -> MonitorTask?
    /// Throws where the database did not take it: then that beat is lost.
    func record(_ beat: Beat) async throws
}

/// Runs a node's monitors: one loop each, started and stopped by reconcile runs.
///
/// Runs are deliberately *not* kept from overlapping: see `MonitorRoster`.
package actor MonitorRunner {
    private let database: any MonitorDatabase
    private let checker: MonitorChecker
    private let logger: Logger
    private var roster = MonitorRoster()
    private var loops: [MonitorRoster.LoopID: Task<Void, Never>] = [:]

    /// Starts nothing.
    package init(database: any MonitorDatabase, checker: MonitorChecker, logger: Logger) {
        self.database = database
        self.checker = checker
        self.logger = logger
    }

    /// What the node believes it runs, ascending.
    package var monitors: [MonitorID] { roster.monitors }
    /// Loops that really run; more than `monitors` once reconcile runs have overlapped.
    package var loopCount: Int { loops.count }

    /// What Kuma does at start: it enters every monitor in its list first and then starts them, so that a reconcile
    /// request during the start finds nothing to do.
    package func startAssigned() async throws {
        for task in roster.plan(for: try await database.assignedMonitors()).starts { startLoop(task) }
    }

    /// One run: reads the assignments, starts what is ours, with Kuma's 100 to 300 ms of sleep for each, and then stops
    /// what is not ours any more, with 50 to 150 ms for each. Not re-entrant, as the real one.
    package func reconcile() async throws -> MonitorRoster.Plan {
        let assigned = try await database.assignedMonitors()
        let plan = roster.plan(for: assigned)
        for task in plan.starts {
            startLoop(task)
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...300)))
        }
        for monitor in plan.stops {
            stopLoop(monitor)
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...150)))
        }
        if !plan.starts.isEmpty || !plan.stops.isEmpty {
            logger.info("reconciled", metadata: ["started": "\(plan.starts.count)", "stopped": "\(plan.stops.count)"])
        }
        return plan
    }

    /// Starts one monitor anew, or for the first time, as it is in the database now: what Kuma does after an edit, on the node
    /// that took the edit, whoever is to run the monitor.
    /// - Returns: false when there is no such monitor.
    package func restart(_ monitor: MonitorID) async throws -> Bool {
        guard let task = try await database.monitor(monitor) else { return false }
        stopLoop(monitor)
        startLoop(task)
        return true
    }

    /// Re-reads at second 00 of every minute, until cancelled.
    package func reconcileEveryMinute(wallClock: @Sendable () -> Duration) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: MinuteSchedule.untilNextMinute(sinceEpoch: wallClock()))
                _ = try await reconcile()
            } catch is CancellationError {
                return
            } catch {
                logger.warning("the minute's re-read failed", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Cancels every loop, forgotten ones included, and waits for none. What the node believes stays as it was.
    package func stopAll() {
        for loop in loops.values { loop.cancel() }
        loops.removeAll()
    }

    private func startLoop(_ task: MonitorTask) {
        let id = roster.start(task.id)
        let (database, checker, logger) = (database, checker, logger)
        loops[id] = Task { await MonitorRunner.run(task, database: database, checker: checker, logger: logger) }
    }

    private func stopLoop(_ monitor: MonitorID) {
        guard let id = roster.stop(monitor) else { return }
        loops.removeValue(forKey: id)?.cancel()
    }

    /// One monitor's loop: check, write the beat, wait for the rest of the interval. Losing the database loses a beat and
    /// nothing else.
    private static func run(
        _ task: MonitorTask, database: any MonitorDatabase, checker: MonitorChecker, logger: Logger
    ) async {
        let clock = ContinuousClock()
        var next = clock.now
        while !Task.isCancelled {
            let beat = await checker.check(task)
            guard !Task.isCancelled else { return }
            do {
                try await database.record(beat)
            } catch {
                logger.warning("a beat was lost", metadata: ["monitor": "\(task.id)", "reason": "\(error)"])
            }
            next = max(next.advanced(by: task.interval), clock.now)
            do {
                try await clock.sleep(until: next)
            } catch {
                return
            }
        }
    }
}
