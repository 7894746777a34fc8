import ClusterCore
import ControlPlane
import Logging

/// For machines, and for whoever looks for a fault: metrics, this API's description, settings, and the log.
enum ToolEndpoints {
    static let group = EndpointGroup(
        "tools", "For machines, and for whoever looks for a fault.",
        [
            Endpoint(.get, "/lb/metrics", .state, "Counters and gauges for Prometheus.", action: metrics),
            Endpoint(.get, "/lb/openapi.json", .open, "This API as OpenAPI 3.1.", action: description),
            Endpoint(
                .get, "/lb/debug-config", .admin, "Every setting and where it comes from.", action: configuration),
            Endpoint(
                .get, "/lb/debug-logs", .admin, "The last lines of this balancer's log.",
                parameters: [
                    Endpoint.Parameter("level", "Only what is at least as important.", Logger.Level.schema),
                    Endpoint.Parameter(lines, "The most lines."),
                ],
                refusals: [.refusal(400, "A parameter is wrong.")],
                examples: [Endpoint.Example(query: "?level=warning&lines=200")], action: logs),
            Endpoint(
                .post, "/lb/log-level", .admin, "Changes what is logged, until the next start.",
                parameters: [
                    Endpoint.Parameter(
                        "level", "The least important entries that are logged.", Logger.Level.schema)
                ],
                body: LogLevelChange.bodySchema,
                refusals: [.refusal(400, "There is no such level, or the body is wrong.")],
                // The level that holds by default: the tests leave the log as it was.
                examples: [Endpoint.Example(query: "?level=info")], action: changeLevel),
        ])

    /// Lines of the log in one answer.
    private static let lines = NumberParameter(
        name: "lines", range: 1...5_000, reason: .invalidLines, fallback: 200)

    private static func metrics(_ request: APIRequest, _ sources: AnswerSources) -> MetricsAnswer {
        let moment = Moment.now
        var text = Exposition()
        BalancerMetrics(sources: sources).write(into: &text, at: moment)
        ClusterMetrics(snapshot: sources.control.snapshot, followers: sources.control.followerCount)
            .write(into: &text, at: moment)
        return MetricsAnswer(text: text.text)
    }

    private static func description(_ request: APIRequest, _ sources: AnswerSources) -> DescriptionAnswer {
        DescriptionAnswer(document: sources.description)
    }

    private static func configuration(_ request: APIRequest, _ sources: AnswerSources) -> DebugConfiguration {
        let configuration = sources.configuration
        return DebugConfiguration(
            isDebugging: sources.log.level <= .debug, host: configuration.listen?.host,
            port: configuration.listen.map { Int($0.port) }, level: sources.log.level,
            settings: configuration.settings, configuredLevel: sources.log.configuredLevel)
    }

    private static func logs(_ request: APIRequest, _ sources: AnswerSources) throws(Refusal) -> LogLines {
        let level = try request.parameters["level"].map { text throws(Refusal) in try Logger.Level(parameter: text) }
        let wanted = try lines.read(from: request.parameters)
        let count = wanted ?? lines.fallback ?? lines.range.upperBound
        let wantsJSON = ["application/x-ndjson", "application/json"].contains {
            request.prefers($0, over: "text/plain")
        }
        let form: LogForm = wantsJSON ? .json : .text
        return LogLines(lines: sources.log.lines(count, atLeast: level ?? .trace, as: form), form: form)
    }

    private static func changeLevel(
        _ request: APIRequest, _ sources: AnswerSources
    ) throws(Refusal) -> LogLevelChange {
        let level = try LogLevelChange.wanted(by: request)
        let previous = sources.log.level
        sources.log.change(to: level)
        if level != previous {
            sources.logger.notice(
                "the log level was changed",
                metadata: [
                    "from": "\(previous.rawValue)", "to": "\(level.rawValue)", "by": "\(request.caller)",
                ])
        }
        return LogLevelChange(level: level, previous: previous, configured: sources.log.configuredLevel)
    }
}
