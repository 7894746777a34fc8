/// For machines and for whoever looks for a fault.
enum ToolOperations {
    static var all: [Operation] { [metrics, openAPI, configuration, logs, logLevel] }

    private static let group = "tools"
    private static let levels = Schema.words(["trace", "debug", "info", "notice", "warning", "error", "critical"])

    private static let metrics = Operation(
        method: .get, path: "/lb/metrics", group: group, summary: "Counters and gauges for Prometheus.",
        responses: [
            Operation.Response(200, "Text format 0.0.4.", content: ["text/plain" ~> Schema.string])
        ])

    private static let openAPI = Operation(
        method: .get, path: "/lb/openapi.json", group: group, summary: "This document.",
        responses: [
            Operation.Response(
                200, "OpenAPI 3.1.", ["type": "object", "required": ["openapi", "info", "paths", "components"]])
        ])

    private static let configuration = Operation(
        method: .get, path: "/lb/debug-config", group: group, summary: "Every setting and where it comes from.",
        responses: [
            Operation.Response(
                200, "Secrets are redacted.",
                Schema.object([
                    "enabled" ~> Schema.boolean, "host" ~> Schema.orNull(Schema.string),
                    "port" ~> Schema.orNull(Schema.integer), "log_level" ~> levels,
                    "settings"
                        ~> Schema.list(
                            Schema.object([
                                "key" ~> Schema.string, "value" ~> Schema.orNull(Schema.string),
                                "source" ~> Schema.string, "default" ~> Schema.orNull(Schema.string),
                            ])),
                    "configured_log_level" ~> levels,
                ]))
        ])

    private static let logs = Operation(
        method: .get, path: "/lb/debug-logs", group: group, summary: "The last lines of this balancer's log.",
        parameters: [
            Operation.Parameter("level", "Only what is at least as important.", levels),
            Operation.Parameter(DebugRoutes.lines, "The most lines."),
        ],
        responses: [
            Operation.Response(
                200, "Oldest first. Requests of clients never appear in it.",
                content: ["text/plain" ~> Schema.string, "application/x-ndjson" ~> Schema.string]),
            .failure(400, "A parameter is wrong."),
        ])

    private static let logLevel = Operation(
        method: .post, path: "/lb/log-level", group: group, summary: "Changes what is logged, until the next start.",
        parameters: [Operation.Parameter("level", "The least important entries that are logged.", levels)],
        body: Schema.object([], sometimes: ["level" ~> levels]),
        responses: [
            Operation.Response(
                200, "Changed.",
                Schema.object(["log_level" ~> levels, "previous" ~> levels, "configured" ~> levels])),
            .failure(400, "There is no such level, or the body is wrong."),
            .failure(413, "The body is larger than 16 KiB."),
        ])
}

/// The names that scripts of the old system know.
enum RedirectOperations {
    static var all: [Operation] {
        RedirectRoutes.names.flatMap { name in
            Endpoint.Method.allCases.map { method in
                Operation(
                    method: method, path: name.old, group: "old names", summary: "Leads to \(name.new).",
                    responses: [
                        Operation.Response(
                            308, "The query is kept.",
                            Schema.object(["location" ~> Schema.string]))
                    ])
            }
        }
    }
}
