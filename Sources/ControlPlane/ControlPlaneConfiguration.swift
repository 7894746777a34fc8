package import ClusterCore

/// The numbers of one balancer's control plane. <doc:Judging>, <doc:Moving> and <doc:Leading> say what they mean.
package struct ControlPlaneConfiguration: Sendable {
    /// Between polls of the tables: an offline node is acted upon one poll after its agent wrote so.
    package var pollInterval: Duration = .seconds(1)
    /// Between polls while an agent reports failed checks: the verdict is then three checks, so one second, away.
    package var suspectPollInterval: Duration = .milliseconds(250)
    /// Longest wait between attempts while the database is away: it is noticed to be back within this.
    package var longestBackoff: Duration = .seconds(4)
    /// `REPORT_TTL` and the mass-silence wait.
    package var silence = SilenceJudge.Limits()
    /// `LEASE_TTL`: how long a leader that fell silent stays leader.
    package var leaseTTL: Duration = .seconds(10)
    /// Three chances to renew within one TTL.
    package var leaseRenewal: Duration = .seconds(3)
    /// `RETURN_HOLD` and the flap window.
    package var flaps = FlapHistory.Limits()
    /// When the nodes' Kumas read their assignments by themselves.
    package var readings = KumaReadings()
    /// How many planned moves go at once, and when.
    package var pacing = PlannedMovePacer.Limits()
    /// `MONITOR_LIMIT_PER_NODE`.
    package var monitorLimit = 1_000
    /// As the request path applies it: the state shows how far each node is.
    package var slowStart = SlowStart(over: .seconds(10))
    /// Rise, fall and intervals of the prober's judges.
    package var judge = HealthJudge.Limits()
    /// A busy Kuma may be slow to answer; while nothing is suspected it gets this long.
    package var probeTimeout: Duration = .seconds(5)
    /// For a node that is under suspicion – a failed check, a refused connect, an overdue report. Three of these and
    /// the pauses between them must fit into the 10 s within which a vanished host is to be replaced.
    package var suspectProbeTimeout: Duration = .seconds(1)
    /// Probes in flight at once: 1 000 nodes every 2 s need a handful, and a thousand unreachable ones must not take a
    /// thousand descriptors.
    package var probesInFlight = 128
    /// Between look-ups of one node's name: containers change addresses when they are recreated.
    package var resolveInterval: Duration = .seconds(30)
    /// A look-up without an answer counts as failed after this; the last good address stays.
    package var resolveDeadline: Duration = .seconds(5)
    /// Between announcements of this balancer and readings of the list of balancers.
    package var announceInterval: Duration = .seconds(10)
    /// The control loop looks around this often: traffic counters, due probes, finished work.
    package var tick: Duration = .milliseconds(100)
    /// The same while no routable node is known, for at most `startingSpan` after the start: the first poll, look-up and
    /// health check wait for each other, and the clients for all three.
    package var startingTick: Duration = .milliseconds(5)
    package var startingSpan: Duration = .seconds(1)
    /// An absence of the database at least this long makes everybody's silence meaningless: half a `REPORT_TTL`.
    package var outage: Duration { silence.reportTTL / 2 }
    /// `LB_STATE_FILE`; nil: nothing is kept on disk.
    package var stateFile: String?
    /// The state file is written at most this often, after the first time: it changes with every monitor count.
    package var stateFileInterval: Duration = .seconds(5)

    /// What is shown of these.
    var thresholds: FaultThresholds {
        var thresholds = FaultThresholds()
        thresholds.judge = judge
        thresholds.silence = silence
        thresholds.returnHold = flaps.hold
        thresholds.pollInterval = pollInterval
        return thresholds
    }

    package init() {}
}
