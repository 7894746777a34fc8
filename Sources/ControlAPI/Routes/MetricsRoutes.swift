import ClusterCore
import ControlPlane

/// What Prometheus scrapes.
struct MetricsRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] { [Endpoint("/lb/metrics", .state, [.get: { _ in metrics() }])] }

    private func metrics() -> Answer {
        let moment = Moment.now
        var text = Exposition()
        BalancerMetrics(sources: sources).write(into: &text, at: moment)
        ClusterMetrics(state: sources.control.state, followers: sources.control.followerCount)
            .write(into: &text, at: moment)
        return Answer(.metrics(text.text))
    }
}
