import FoundationEssentials
import HTTPTypes

/// Why and until when: in the query, or in a body such as `{"reason":"upgrade","until":"2026-01-02T03:04:05Z"}`.
struct PauseRequest: Sendable {
    /// A pause that nobody remembers must not last for ever by a slip of the pen.
    static let longest: Duration = .seconds(366 * 86_400)

    static let schema = Schema.object(
        Schema.Object([
            Schema.Field("reason", .string, "Why, for others.", .sometimes),
            Schema.Field("until", .time, "When moves go on by themselves.", .sometimes),
        ]))

    let reason: String
    /// Since 1970, UTC; nil: until a person resumes.
    let until: Duration?

    private struct Body: Decodable {
        var reason: String?
        var until: String?
    }

    init(_ request: APIRequest) throws(Refusal) {
        var body = Body()
        if !request.body.isEmpty {
            do { body = try JSONDecoder().decode(Body.self, from: Data(request.body)) } catch {
                throw Refusal(
                    .badRequest, .invalidJSON,
                    "the body must be a JSON object with the strings reason and until, or empty")
            }
        }
        reason = body.reason ?? request.parameters["reason"] ?? ""
        guard let text = body.until ?? request.parameters["until"] else {
            until = nil
            return
        }
        let now = Duration.seconds(Date.now.timeIntervalSince1970)
        guard let moment = Moment.sinceEpoch(text), moment > now, moment - now <= PauseRequest.longest else {
            throw Refusal(
                .badRequest, .invalidUntil,
                "until must be a time in the coming year, such as 2026-01-02T03:04:05Z")
        }
        until = moment
    }
}
