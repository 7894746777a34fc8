/// How long the list of balancers remembers one that was not seen.
enum PresenceLimits {
    static let keep: Duration = .seconds(3600)
}

extension MoveLimits {
    /// - Throws: `.refused` above `batch`: the caller must cut its work.
    static func check(_ count: Int) throws(StoreError) {
        guard count <= batch else { throw .refused(code: 0, reason: "\(count) moves in one batch of at most \(batch)") }
    }
}
