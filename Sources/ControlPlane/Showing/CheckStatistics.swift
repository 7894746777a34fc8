/// Health checks made by this balancer.
package struct CheckStatistics: Sendable {
    /// Those that ended, since the start; also those of nodes whose name has no address.
    package var count = 0
    /// A degraded node's answers included.
    package var successes = 0
    package var failures = 0
    /// When the last one ended.
    package var last: ContinuousClock.Instant?

    package init() {}
}
