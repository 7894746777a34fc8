import ClusterCore
import ClusterStore
import ControlPlane

/// The history as it goes on, for `Accept: text/event-stream`: one message an event (WHATWG HTML §9.2), a comment as a beat.
package struct EventStream: Sendable {
    /// How soon a browser comes back after the stream ended, in milliseconds.
    private static let retry = 2_000

    let subscription: EventFeed.Subscription
    let serving: ServingState
    /// What the follower missed, ascending; sent first.
    let missed: [RecordedEvent]
    /// The newest id the follower has.
    let last: Int64
    let query: EventQuery

    /// Writes until the balancer drains or the feed ends, the follower is too slow, or its connection ends, which is
    /// an error of `send`.
    func write(_ send: (String) async throws -> Void) async throws {
        try await send("retry: \(EventStream.retry)\n\n")
        for event in missed { try await send(EventStream.message(event)) }
        var last = max(last, missed.last?.id ?? 0)
        for await signal in subscription.signals {
            switch signal {
            case .beat:
                try await send(": beat\n\n")
                if serving.isDraining { return }
            case .event(let event):
                guard event.id > last else { continue }
                last = event.id
                if query.matches(event.event) { try await send(EventStream.message(event)) }
            }
        }
    }

    private static func message(_ event: RecordedEvent) -> String {
        "id: \(event.id)\ndata: \(EventRow(event).json.text)\n\n"
    }
}

extension EventQuery {
    fileprivate func matches(_ event: ClusterEvent) -> Bool {
        (node == nil || node == event.node) && (kind == nil || kind == event.kind)
    }
}
