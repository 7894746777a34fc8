/// What an action gives: any of the responses that are described.
protocol EndpointAnswer: Sendable {
    static var responses: [Endpoint.Response] { get }
    var answer: Answer { get }
}

/// An object that is a whole answer: 200 in JSON.
protocol WholeAnswer: AnswerObject, EndpointAnswer {
    /// What is answered, in one sentence.
    static var meaning: String { get }
}

extension WholeAnswer {
    static var responses: [Endpoint.Response] { [Endpoint.Response(200, meaning, [.json(schema)])] }
    var answer: Answer { .json(json) }
}

/// An answer from the cluster's snapshot: marked while the database is away.
struct MarkedAnswer<Content: WholeAnswer>: WholeAnswer {
    let content: Content
    let marks: StaleMarks

    static var meaning: String { Content.meaning }

    static var fields: AnswerFields<Self> {
        AnswerFields {
            $0.include(\.content)
            $0.include(\.marks)
        }
    }
}

/// What is added to an answer that is older than the last attempt to read the tables.
struct StaleMarks: AnswerObject {
    let isStale: Bool
    var database: DatabaseAway?

    static let none = StaleMarks(isStale: false)
    static let stale = StaleMarks(isStale: true)

    static let fields = AnswerFields<Self> {
        $0.mark("stale", \.isStale, "What is answered is the last that this balancer read.")
        $0.sometimes("database", \.database, "Since when the database is away.")
    }
}

struct DatabaseAway: AnswerObject {
    let isReachable: Bool
    let since: TimeText

    static let name: String? = "DatabaseAway"
    static let fields = AnswerFields<Self> {
        $0.field("reachable", \.isReachable, "Whether the database answers at all.")
        $0.field("since", \.since, "Since when that is so.")
    }
}
