import ChildProcesses
import Glibc
import PrivateMariaDB

extension DemoCluster {
    /// Between two passes over the history and the beats.
    private static let pause: Duration = .milliseconds(200)
    /// Longer than any failover; a come-back has to wait for RETURN_HOLD, doubled by flaps.
    private static let takeoverTimeout: Duration = .seconds(120)
    private static let comebackTimeout: Duration = .seconds(900)

    func reportCrashes(of processes: DemoProcesses) async {
        for await crash in processes.crashes {
            let log = plan?.logFile(of: crash.target) ?? ""
            let tail = LogFile.tail(of: log)
            console.log("\(crash.target) ended by itself: \(crash.exit); the end of its log:", .bad)
            for line in tail { console.print("    " + line, .quiet) }
            if phase == .starting, launchFailure == nil {
                launchFailure = DemoRefusal("\(crash.target) did not start: \(crash.exit)")
            }
        }
    }

    /// Shows the cluster's history as it grows, and notices when the database ends by itself.
    func streamEvents(from database: DemoDatabase) async {
        var last: Int64 = 0
        while !Task.isCancelled {
            do {
                for event in try await database.events(after: last) {
                    last = event.id
                    console.log(EventText.line(event), EventText.tone(ofKind: event.kind))
                }
            } catch {
                // Away for now, perhaps on purpose: the next pass shows what was missed.
            }
            noticeDeadDatabase()
            do {
                try await Task.sleep(for: Self.pause)
            } catch {
                return
            }
        }
    }

    private func noticeDeadDatabase() {
        guard databaseState == .running || databaseState == .frozen, let pid = mariaDB?.processID,
            kill(pid, 0) != 0, errno == ESRCH
        else { return }
        databaseState = .crashed
        console.log("the database ended by itself", .bad)
        if phase == .starting, launchFailure == nil { launchFailure = DemoRefusal("the database ended by itself") }
    }

    // MARK: Take-overs

    /// What to watch, read *before* the node is touched; nil when the database does not answer.
    func departure(of node: String) async -> (monitors: Set<Int64>, since: String)? {
        guard let database else { return nil }
        do {
            return (try await database.monitors(runBy: node), try await database.now())
        } catch {
            return nil
        }
    }

    /// Reports when all of the node's monitors have left it.
    func watchDeparture(of node: String, monitors: Set<Int64>, since: String) {
        absent[node] = monitors
        guard !monitors.isEmpty else { return }
        watch(TakeoverWatch(.leave(node: node), monitors: monitors), node, .failover, since, Self.takeoverTimeout)
    }

    /// Reports when all of the monitors that left the node run on it again.
    func watchComeback(of node: String) async {
        guard let monitors = absent.removeValue(forKey: node), !monitors.isEmpty, let database else { return }
        do {
            let since = try await database.now()
            watch(
                TakeoverWatch(.comeBack(node: node), monitors: monitors), node, .comeback, since, Self.comebackTimeout)
        } catch {
            console.log("the database is away: the come-back of \(node) is not timed", .quiet)
        }
    }

    private func watch(
        _ watch: TakeoverWatch, _ node: String, _ kind: DemoStatus.Measurement.Kind, _ since: String,
        _ timeout: Duration
    ) {
        watches[node]?.cancel()
        watches[node] = Task { await self.follow(watch, node, kind, since, until: .now + timeout) }
    }

    private func follow(
        _ watch: TakeoverWatch, _ node: String, _ kind: DemoStatus.Measurement.Kind, _ since: String,
        until deadline: ContinuousClock.Instant
    ) async {
        var watch = watch
        while ContinuousClock.now < deadline, !Task.isCancelled {
            do {
                watch.record(try await database?.firstBeats(since: since) ?? [])
            } catch {
                // The database is away: it answers later, with the times of its own clock.
            }
            if let seconds = watch.seconds {
                let measurement = DemoStatus.Measurement(
                    kind: kind, node: node, monitors: watch.monitors.count, seconds: seconds)
                keep(measurement)
                console.log(MeasurementText.line(measurement), .strong)
                return
            }
            do {
                try await Task.sleep(for: Self.pause)
            } catch {
                return
            }
        }
        if !Task.isCancelled { console.log("\(watch.missing) monitors of \(node) are still missing", .bad) }
    }
}
