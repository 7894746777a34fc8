package import ClusterCore

/// What a beat brought.
package struct ReportAnswer: Sendable, Equatable {
    package let outcome: ReportOutcome
    /// Of the monitors that the node runs, as the beat counted them; nil when nothing was written or there are no monitors
    /// to count yet.
    package let mark: MonitorsMark?
    /// What the row's host was before this beat replaced it, empty for none; nil when it stands as it stood.
    package let replacedHost: String?

    package init(_ outcome: ReportOutcome, mark: MonitorsMark? = nil, replacedHost: String? = nil) {
        self.outcome = outcome
        self.mark = mark
        self.replacedHost = replacedHost
    }
}
