package import ClusterCore

/// What a beat brought.
package struct ReportAnswer: Sendable, Equatable {
    package let outcome: ReportOutcome
    /// Of the monitors that the node runs, as the beat counted them; nil when nothing was written or there are no monitors
    /// to count yet.
    package let mark: MonitorsMark?

    package init(_ outcome: ReportOutcome, mark: MonitorsMark? = nil) {
        self.outcome = outcome
        self.mark = mark
    }
}
