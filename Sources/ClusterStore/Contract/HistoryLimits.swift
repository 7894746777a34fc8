package enum HistoryLimits {
    /// Rows kept in `cluster_event`; older ones are trimmed.
    package static let events = 10_000
    /// Ids behind the newest one up to which `cluster_move` keeps closed entries: ten moves of all monitors of a big cluster
    /// (10 000), about 20 MB. Older ones are dropped even within their month.
    package static let moves = 100_000
    /// Most rows one query returns.
    package static let page = 1_000
}
