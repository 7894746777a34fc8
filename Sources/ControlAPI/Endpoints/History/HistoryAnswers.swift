import ClusterCore
import ClusterStore
import ControlPlane

/// A page of what happened, or what happens from now on.
enum EventsAnswer: EndpointAnswer {
    case page(MarkedAnswer<EventsPage>)
    case live(EventStream)

    static let responses = [
        Endpoint.Response(
            200,
            "A page, while the database is away of what this balancer remembers; or a stream that begins with what happens next, with a comment every "
                + "\(EventFeed.interval.milliseconds / 1_000) s. Its data is one Event.",
            [.json(MarkedAnswer<EventsPage>.schema), .events])
    ]

    var answer: Answer {
        switch self {
        case .page(let page): page.answer
        case .live(let stream): Answer(.events(stream))
        }
    }
}

struct EventsPage: WholeAnswer {
    let events: [EventRow]
    let limit: Int

    private var next: Int? { events.count == limit ? events.last?.id : nil }

    static let meaning = "A page; while the database is away, of what this balancer remembers."
    static let fields = AnswerFields<Self> {
        $0.field("events", \.events, "Newest first.")
        $0.field("next", \.next, "What `before` is to be for the next page; null when this is the last.")
    }
}

struct EventRow: AnswerObject {
    let id: Int
    private let recorded: RecordedEvent
    private let at: TimeText

    init(_ recorded: RecordedEvent) {
        id = Int(recorded.id)
        at = TimeText(recorded.at)
        self.recorded = recorded
    }

    static let name: String? = "Event"
    static let fields = AnswerFields<Self> {
        $0.field("id", \.id, "Grows with time.")
        $0.field("at", \.at, "When, by the database's clock.")
        $0.field("node_id", \.recorded.event.node, "The node it is about.")
        $0.field("kind", \.recorded.event.kind, "What happened.")
        $0.field("detail", \.recorded.event.detail, "For people.")
    }
}

struct MovesPage: WholeAnswer {
    let moves: [MoveRow]
    let limit: Int

    private var next: Int? { moves.count == limit ? moves.last?.id : nil }

    static let meaning = "A page; while the database is away, of what this balancer remembers."
    static let fields = AnswerFields<Self> {
        $0.field("moves", \.moves, "Newest first.")
        $0.field("next", \.next, "What `before` is to be for the next page; null when this is the last.")
    }
}

struct MoveRow: AnswerObject {
    let id: Int
    private let move: RecordedMove
    private let monitor: Int
    private let movedAt: TimeText
    private let returnedAt: TimeText?

    init(_ move: RecordedMove) {
        id = Int(move.id)
        self.move = move
        monitor = Int(move.monitor.number)
        movedAt = TimeText(move.movedAt)
        returnedAt = move.closedAt.map { TimeText($0) }
    }

    /// How it ended, in the journal's words.
    private var outcome: String { move.outcome?.rawValue ?? "open" }

    static let name: String? = "Move"
    static let fields = AnswerFields<Self> {
        $0.field("id", \.id, "Grows with time.")
        $0.field("monitor_id", \.monitor, "The monitor.")
        $0.field("from", \.move.from, "The node that ran it before.")
        $0.field("to", \.move.to, "The node that runs it since.")
        $0.field("previous_assigned", \.move.previousAssigned, "What `assigned_node` was before; null for its home.")
        $0.field("reason", \.move.reason, "Why it was moved.")
        $0.field("moved_at", \.movedAt, "When, by the database's clock.")
        $0.field("returned_at", \.returnedAt, "When it was over; null while the monitor is away.")
        $0.field("outcome", \.outcome, "How it ended: `open` while it has not.")
    }
}

extension ClusterEvent.Kind: AnswerWord {}
extension MoveReason: AnswerWord {
    static let askedBy = allCases.map(\.rawValue) + allCases.map(\.column).filter { MoveReason(rawValue: $0) == nil }
}
