import FoundationEssentials
import HTTPTypes
import Logging

struct MetricsAnswer: EndpointAnswer {
    let text: String

    static let responses = [Endpoint.Response(200, "Text format 0.0.4.", [.text(.string)])]

    var answer: Answer { Answer(.metrics(text)) }
}

struct DescriptionAnswer: EndpointAnswer {
    let document: JSON

    static let responses = [
        Endpoint.Response(
            200, "OpenAPI 3.1.", [.json(.anyObject(having: ["openapi", "info", "paths", "components"]))])
    ]

    var answer: Answer { .json(document) }
}

/// The last lines of the log, the oldest first.
struct LogLines: EndpointAnswer {
    let lines: [String]
    let form: LogForm

    static let responses = [
        Endpoint.Response(
            200, "Oldest first. Requests of clients never appear in it.", [.text(.string), .jsonLines])
    ]

    var answer: Answer {
        switch form {
        case .json: Answer(.jsonLines(lines))
        case .text: Answer(.text(lines.joined(separator: "\n")))
        }
    }
}

struct DebugConfiguration: WholeAnswer {
    let isDebugging: Bool
    let host: String?
    let port: Int?
    let level: Logger.Level
    let settings: [ShownSetting]
    let configuredLevel: Logger.Level

    static let meaning = "Secrets are redacted."
    static let fields = AnswerFields<Self> {
        $0.field("enabled", \.isDebugging, "Whether the log has debug entries.")
        $0.field("host", \.host, "The first address of `LB_LISTEN`.")
        $0.field("port", \.port, "Its port.")
        $0.field("log_level", \.level, "The least important entries that are logged now.")
        $0.field("settings", \.settings, "Every setting.")
        $0.field("configured_log_level", \.configuredLevel, "What a restart brings back.")
    }
}

extension ShownSetting: AnswerObject {
    static let fields = AnswerFields<Self> {
        $0.field("key", \.key, "Its name.")
        $0.field("value", \.value, "What holds; null where nothing is set and nothing holds by default.")
        $0.field("source", \.source, "Where that comes from: `flag`, `environment`, `file …` or `default`.")
        $0.field("default", \.fallback, "What holds where nothing is set.")
    }
}

/// Until the process ends or somebody changes it again; `level` in the query, or in a body `{"level":"debug"}`.
struct LogLevelChange: WholeAnswer {
    let level: Logger.Level
    let previous: Logger.Level
    let configured: Logger.Level

    static let meaning = "Changed."
    static let fields = AnswerFields<Self> {
        $0.field("log_level", \.level, "What holds now.")
        $0.field("previous", \.previous, "What held before.")
        $0.field("configured", \.configured, "What a restart brings back.")
    }

    static let bodySchema = Schema.object(
        Schema.Object([
            Schema.Field(
                "level", Logger.Level.schema, "The least important entries that are logged.", .sometimes)
        ]))

    private struct Body: Decodable {
        var level: String?
    }

    static func wanted(by request: APIRequest) throws(Refusal) -> Logger.Level {
        // Also where the body names another: what is wrong is answered, and not passed over.
        var wanted = try request.parameters["level"].map { text throws(Refusal) in
            try Logger.Level(parameter: text).rawValue
        }
        if !request.body.isEmpty {
            do { wanted = try JSONDecoder().decode(Body.self, from: Data(request.body)).level ?? wanted } catch {
                throw Refusal(
                    .badRequest, .invalidJSON, "the body must be a JSON object with the string level, or empty")
            }
        }
        return try Logger.Level(parameter: wanted ?? "")
    }
}

extension Logger.Level: AnswerWord {
    init(parameter text: String) throws(Refusal) {
        guard let level = Logger.Level(rawValue: text) else {
            throw Refusal(
                .badRequest, .invalidLevel, "level must be the name of a log level",
                help: Refusal.Help(allowed: Logger.Level.allCases.map(\.rawValue)))
        }
        self = level
    }
}
