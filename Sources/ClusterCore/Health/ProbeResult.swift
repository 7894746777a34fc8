/// What one health check of a Kuma node found. The same value comes from an agent beside the node and from a balancer
/// across the network.
package struct ProbeResult: Sendable, Equatable {
    /// What the answer says of the node, or that there was none.
    package enum Finding: Sendable, Equatable {
        /// 200, or 429: a rate limit is an answer of a living node.
        case healthy
        /// A 503 whose body says that the *database* is unhealthy: the node lives, all nodes share its trouble.
        case degraded
        /// Refused, timed out, reset, or any other answer.
        case unhealthy
    }

    package let finding: Finding
    /// One readable line, such as `200 in 3 ms` or `connection refused`; at most `TextLimits.nodeDetail` scalars.
    package let detail: String
    /// How long the check took, a failed one's too; zero where a balancer asked nobody, because the name has no address.
    package let duration: Duration

    package init(finding: Finding, detail: String, duration: Duration) {
        self.finding = finding
        self.detail = TextLimits.cut(detail, to: TextLimits.nodeDetail)
        self.duration = duration
    }
}

/// Checks the health of one Kuma node. Never throws: not being able to ask is a finding.
package protocol NodeProbe: Sendable {
    /// Meets the node as a new client would.
    /// - Parameter timeout: the whole check's deadline; a frozen database makes Kuma hang 10 to 25 s
    ///   (<doc:FactsAboutKuma>), so the prober's own limit decides.
    func probe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult

    /// The same of a node that nothing speaks against: may go over the connection of an earlier check.
    func routineProbe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult
}

extension NodeProbe {
    package func routineProbe(_ address: NodeAddress, timeout: Duration) async -> ProbeResult {
        await probe(address, timeout: timeout)
    }
}

/// Asks a Kuma node to re-read its assignments at once (`POST /api/v1/reconcile-monitors`).
///
/// Not re-entrant on Kuma's side: overlapping calls run monitors twice until that node restarts. The caller keeps one
/// call in flight and never repeats one that timed out.
package protocol ReconcileTrigger: Sendable {
    /// Calls once, and returns when the node has answered or cannot any more.
    /// - Parameter timeout: the whole call's; a reading takes as long as it has monitors to start and stop
    ///   (`KumaReadings.span`).
    func reconcile(_ address: NodeAddress, timeout: Duration) async -> ReconcileOutcome
}

/// How a reconcile call ended.
package enum ReconcileOutcome: Sendable, Equatable {
    case done
    /// The node answered and refused, such as 401 for a bad key; repeating it changes nothing.
    case refused(detail: String)
    /// The call never reached the node: nothing runs there, it may be tried again.
    case notSent(detail: String)
    /// Sent, and no answer: it may still run there, so it must not be repeated.
    case unknown(detail: String)
}

/// Makes a Kuma node take up what one of its monitors holds now (`PUT /api/v1/monitors/{id}` that changes nothing): it
/// stops the monitor and starts it anew.
package protocol MonitorRefresher: Sendable {
    /// Only for a monitor that this node runs: Kuma starts whatever it is asked for.
    func refresh(_ monitor: MonitorID, at address: NodeAddress, timeout: Duration) async -> RefreshOutcome
}

/// How the refresh of a monitor ended.
package enum RefreshOutcome: Sendable, Equatable {
    case done
    /// Too many calls for now (429); nothing was done.
    case tooMany
    /// The node answered and refused; repeating it changes nothing.
    case refused(detail: String)
    /// No answer. It may be asked again: a second restart of one monitor does no harm.
    case unanswered(detail: String)
}
