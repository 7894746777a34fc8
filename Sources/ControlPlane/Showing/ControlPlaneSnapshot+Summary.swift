extension ControlPlaneSnapshot {
    /// One line for people: `leads; 3 of 3 nodes routable`.
    package var summary: String {
        let leading = leadership.isSelf ? "leads" : leadership.leader.map { "follows \($0)" } ?? "nobody leads"
        let routable = nodes.count { $0.isRoutable }
        let database = database.isReachable ? "" : "; database away"
        return "\(leading); \(routable) of \(nodes.count) nodes routable\(database)"
    }
}
