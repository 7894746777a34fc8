package import ClusterCore

/// When a node counts as lost and as found again.
package struct FaultThresholds: Sendable {
    package var judge = HealthJudge.Limits()
    package var silence = SilenceJudge.Limits()
    /// `RETURN_HOLD`.
    package var returnHold: Duration = FlapHistory.Limits().hold
    package var pollInterval: Duration = .seconds(1)

    package init() {}
}
