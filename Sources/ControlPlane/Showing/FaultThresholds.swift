package import ClusterCore

/// When a node counts as lost and as found again.
package struct FaultThresholds: Sendable {
    package var judge = HealthJudge.Limits()
    /// `REPORT_TTL`, and the wait when many fall silent at once.
    package var silence = SilenceJudge.Limits()
    /// `RETURN_HOLD`.
    package var returnHold: Duration = FlapHistory.Limits().hold
    /// While nobody is suspected.
    package var pollInterval: Duration = .seconds(1)

    package init() {}
}
