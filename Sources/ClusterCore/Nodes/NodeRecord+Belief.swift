extension NodeRecord {
    /// The row's status, with Kuma's own hand taken out of it.
    ///
    /// Kuma writes `online` at its start, before it serves, and when somebody edits the node in its UI
    /// (<doc:FactsAboutKuma>); the streaks are ours. `online` above `fall` failures in a row is therefore Kuma's word
    /// over our verdict, and the verdict stands until whoever speaks for the node corrects it.
    package func believedStatus(_ limits: HealthJudge.Limits) -> NodeStatus {
        switch status {
        case .online: failStreak >= limits.fall ? .offline : .online
        case .recovering, .offline: status
        }
    }

    /// The same row some time after it was read: the database computed the ages, our monotonic clock carries them on.
    package func aged(by span: Duration) -> NodeRecord {
        var record = self
        record.reportAge = reportAge.map { $0 + span }
        record.statusAge = statusAge.map { $0 + span }
        return record
    }
}
