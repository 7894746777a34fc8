/// Health checks made by this balancer.
package struct CheckStatistics: Sendable {
    package var count = 0
    package var successes = 0
    package var failures = 0
    /// When the last one ended.
    package var last: ContinuousClock.Instant?

    package init() {}
}
