import ClusterCore
import ClusterStore

/// What an agent has done since its start, as numbers.
package struct AgentLedger: Sendable, Equatable {
    /// Probes that ended and found this; so the next two. Those that a standstill of this process made worthless count too.
    package var healthyProbes = 0
    package var degradedProbes = 0
    package var unhealthyProbes = 0
    /// All probes together.
    package var probeTime: Duration = .zero
    /// Beats that the database took.
    package var writtenBeats = 0
    /// Beats that it refused because another live agent reports for the node.
    package var refusedBeats = 0
    /// Beats that did not reach it, or that it could not take.
    package var failedBeats = 0
    /// Turns of the reporting loop, whatever came of them.
    package var endedBeats = 0

    /// Turns of the probing loop: while they rise, it does not stand still.
    package var endedProbes: Int { healthyProbes + degradedProbes + unhealthyProbes }

    package init() {}

    mutating func record(_ result: ProbeResult) {
        probeTime += result.duration
        switch result.finding {
        case .healthy: healthyProbes += 1
        case .degraded: degradedProbes += 1
        case .unhealthy: unhealthyProbes += 1
        }
    }

    mutating func record(_ outcome: ReportOutcome) {
        switch outcome {
        case .written, .registered: writtenBeats += 1
        case .conflict: refusedBeats += 1
        }
    }
}
