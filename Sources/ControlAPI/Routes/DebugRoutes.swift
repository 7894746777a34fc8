import ControlPlane
import FoundationEssentials
import HTTPTypes
import Logging

/// What an administrator looks at when something is odd: settings, log, and how much is logged.
struct DebugRoutes: Sendable {
    let sources: AnswerSources
    let log: any ProcessLog

    /// Lines of the log in one answer.
    static let lines = NumberParameter(name: "lines", range: 1...5_000, reason: .invalidLines, fallback: 200)

    var endpoints: [Endpoint] {
        [
            Endpoint("/lb/debug-config", .admin, [.get: { _ in configuration() }]),
            Endpoint("/lb/debug-logs", .admin, [.get: { request throws(Refusal) in try logs(request) }]),
            Endpoint("/lb/log-level", .admin, [.post: { request throws(Refusal) in try changeLevel(request) }]),
        ]
    }

    private func configuration() -> Answer {
        let configuration = sources.configuration
        let settings = configuration.settings.map { setting -> JSON in
            [
                "key": .string(setting.key), "value": JSON(setting.value), "source": .string(setting.source),
                "default": JSON(setting.fallback),
            ]
        }
        return .json([
            "enabled": .bool(log.level <= .debug),
            "host": JSON(configuration.listen?.host),
            "port": JSON(configuration.listen.map { Int($0.port) }),
            "log_level": .string(log.level.rawValue),
            "settings": .array(settings),
            "configured_log_level": .string(log.configuredLevel.rawValue),
        ])
    }

    private func logs(_ request: APIRequest) throws(Refusal) -> Answer {
        let level = try request.parameters["level"].map { text throws(Refusal) in try DebugRoutes.level(text) }
        let wanted = try DebugRoutes.lines.read(from: request.parameters)
        let count = wanted ?? DebugRoutes.lines.fallback ?? DebugRoutes.lines.range.upperBound
        let wantsJSON = ["application/x-ndjson", "application/json"].contains {
            request.prefers($0, over: "text/plain")
        }
        let lines = log.lines(count, atLeast: level ?? .trace, as: wantsJSON ? .json : .text)
        return Answer(wantsJSON ? .jsonLines(lines) : .text(lines.joined(separator: "\n")))
    }

    /// Until the process ends or somebody changes it again; `level` in the query, or in a body `{"level":"debug"}`.
    private func changeLevel(_ request: APIRequest) throws(Refusal) -> Answer {
        struct Body: Decodable {
            var level: String?
        }
        // Also where the body names another: what is wrong is said, and not passed over.
        var wanted = try request.parameters["level"].map { text throws(Refusal) in try DebugRoutes.level(text).rawValue
        }
        if !request.body.isEmpty {
            do { wanted = try JSONDecoder().decode(Body.self, from: Data(request.body)).level ?? wanted } catch {
                throw Refusal(
                    .badRequest, .invalidJSON, "the body must be a JSON object with the string level, or empty")
            }
        }
        let level = try DebugRoutes.level(wanted ?? "")
        let previous = log.level
        log.change(to: level)
        if level != previous {
            sources.logger.notice(
                "the log level was changed",
                metadata: [
                    "from": "\(previous.rawValue)", "to": "\(level.rawValue)", "by": "\(request.caller)",
                ])
        }
        return .json([
            "log_level": .string(level.rawValue), "previous": .string(previous.rawValue),
            "configured": .string(log.configuredLevel.rawValue),
        ])
    }

    private static func level(_ text: String) throws(Refusal) -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            throw Refusal(
                .badRequest, .invalidLevel, "level must be the name of a log level",
                help: [JSON.Field("allowed", .array(Logger.Level.allCases.map { .string($0.rawValue) }))])
        }
        return level
    }
}
