/// What a person asks of `kuma-demo run`.
package struct DemoOptions: Sendable, Equatable {
    /// Whether Kuma's first-time set-up counts as done.
    package enum SetUp: Sendable {
        case done
        /// The `user` table stays empty: the balancer sends everything to the primary node.
        case pending
    }

    /// What becomes of the demo's directory (database, logs) at the end.
    package enum Directory: Sendable {
        case removed
        case kept
    }

    /// Whether the children's log lines are shown as well as kept in files.
    package enum Logs: Sendable {
        case inFiles
        case shown
    }

    /// Each with an agent.
    package var nodes = 3
    /// Spread over the nodes as homes.
    package var monitors = 12
    /// Each on a port of its own.
    package var balancers = 1
    /// Of the first balancer; the next ones follow it. 0: free ones.
    package var port: UInt16 = 8084
    /// Seconds between two checks of a monitor.
    package var intervalSeconds = 2
    package var setUp = SetUp.done
    package var directory = Directory.removed
    package var logs = Logs.inFiles
    /// `RETURN_HOLD` of the balancers; nil leaves their own default (30 s).
    package var returnHold: String?
    /// `LEASE_TTL` and `REPORT_TTL` of the balancers; nil leaves their own defaults (10 s, 8 s).
    package var leaseTTL: String?
    package var reportTTL: String?
    /// `LB_PLANNED_MOVES` of the balancers; nil leaves their own default.
    package var plannedMoves: String?

    /// A demo as it is without any argument.
    package init() {}

    /// More nodes than a machine's demo needs; each is two processes.
    package static let mostNodes = 20
    /// Beyond: one of `problems`, as for nodes and balancers.
    package static let mostMonitors = 10_000
    package static let mostBalancers = 5

    /// What is wrong with the numbers, in words; empty when nothing is.
    package var problems: [String] {
        var problems: [String] = []
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) {
            if !range.contains(value) {
                problems.append("--\(name) \(value): use \(range.lowerBound) to \(range.upperBound)")
            }
        }
        check("nodes", nodes, 1...Self.mostNodes)
        check("monitors", monitors, 0...Self.mostMonitors)
        check("balancers", balancers, 1...Self.mostBalancers)
        check("interval", intervalSeconds, 1...3600)
        if port != 0, Int(port) + balancers > 65_536 { problems.append("--port \(port): no room for the balancers") }
        return problems
    }
}
