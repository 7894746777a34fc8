import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import HTTPTypes
import Testing
import Waiting

@Suite("The history, live")
struct LiveEventsTests {
    private static let live = ["Accept": "text/event-stream"]

    private static func event(_ id: Int64, _ kind: ClusterEvent.Kind, _ node: String? = nil) throws -> RecordedEvent {
        RecordedEvent(
            id: id, at: "2026-01-02T03:04:05.678Z",
            event: ClusterEvent(kind, node: try node.map { try NodeID($0) }, detail: "d\(id)"))
    }

    private func events(_ range: ClosedRange<Int64>) throws -> [RecordedEvent] {
        try range.reversed().map { try Self.event($0, .nodeOnline, "node1") }
    }

    /// Asks for the stream, which `during` feeds, and which ends when the balancer drains.
    private func stream(
        _ fixture: APIFixture, _ target: String = "/lb/events", _ fields: [String: String] = [:],
        during feed: @Sendable @escaping () throws -> Void
    ) async throws -> Reply {
        async let reply = fixture.get(target, Self.live.merging(fields) { $1 })
        try await eventually("somebody follows") { fixture.control.feed.awaitedAfter != nil }
        try feed()
        // A drained stream ends at the next beat; a beat before it does no harm.
        fixture.serving.beginDraining()
        let start = ContinuousClock.now
        for round in 0..<1_000 {
            fixture.control.feed.beat(now: start + EventFeed.interval * round)
            await Task.yield()
        }
        return try await reply
    }

    @Test("what happens next follows, one message an event, with its id")
    func follows() async throws {
        let fixture = APIFixture()
        let past = try events(1...3)
        fixture.control.change { $0.events = past }
        let next = try Self.event(4, .nodeOffline, "node2")
        let reply = try await stream(fixture) { fixture.control.feed.deliver(past.reversed() + [next]) }
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "text/event-stream; charset=utf-8")
        #expect(reply["Cache-Control"] == "no-store")
        #expect(reply["X-Accel-Buffering"] == "no")
        #expect(reply.text.hasPrefix("retry: 2000\n\n"))
        #expect(
            reply.text.contains(
                "id: 4\ndata: {\"id\":4,\"at\":\"2026-01-02T03:04:05.678Z\",\"node_id\":\"node2\","
                    + "\"kind\":\"node_offline\",\"detail\":\"d4\"}\n\n"))
        #expect(!reply.text.contains("id: 3\n"), "the past is not repeated")
        #expect(reply.text.contains(": beat\n\n"))
        #expect(fixture.control.followerCount == 0)
    }

    @Test("who comes back gets what it missed, in order, and nothing twice")
    func missed() async throws {
        let fixture = APIFixture()
        let past = try events(1...5)
        fixture.control.change { $0.events = past }
        let reply = try await stream(fixture, "/lb/events", ["Last-Event-ID": "2"]) {
            fixture.control.feed.deliver(past.reversed())
        }
        #expect(reply.text.matches(of: /id: (\d+)/).map { String($0.1) } == ["3", "4", "5"])
    }

    @Test("a follower sees only what it asked for")
    func filtered() async throws {
        let fixture = APIFixture()
        let batch = try [
            Self.event(1, .nodeOffline, "node1"), Self.event(2, .nodeOffline, "node2"),
            Self.event(3, .nodeOnline, "node2"), Self.event(4, .leaderElected),
        ]
        let reply = try await stream(fixture, "/lb/events?node=node2&kind=node_online") {
            fixture.control.feed.deliver(batch)
        }
        #expect(reply.text.matches(of: /id: (\d+)/).map { String($0.1) } == ["3"])
    }

    @Test("there is a limit on followers, and a place is free again when one leaves")
    func limit() async throws {
        let fixture = APIFixture()
        var places = (0..<EventFeed.followers).compactMap { _ in fixture.control.followEvents() }
        #expect(places.count == EventFeed.followers)
        let refused = try await fixture.get("/lb/events", Self.live)
        #expect(refused.status == 503)
        #expect(try refused.string("reason") == "too_many_followers")
        #expect(refused["Retry-After"] == "5")
        #expect(try await fixture.get("/lb/events").status == 200, "pages are not concerned")
        places.removeLast()
        #expect(fixture.control.followEvents() != nil)
    }

    @Test("HEAD takes no place, a wrong id is named, and without the database nothing begins")
    func edges() async throws {
        let fixture = APIFixture()
        #expect(try await fixture.ask(.head, "/lb/events", Self.live).status == 200)
        #expect(fixture.control.followerCount == 0)
        let wrong = try await fixture.get("/lb/events", Self.live.merging(["Last-Event-ID": "x"]) { $1 })
        #expect(wrong.status == 400)
        fixture.control.change { $0.loseDatabase() }
        let away = try await fixture.get("/lb/events", Self.live)
        #expect(away.status == 503)
        #expect(try away.string("reason") == "database_unavailable")
        #expect(fixture.control.followerCount == 0)
    }

    @Test("a follower that reads too slowly is let go, and the others are not")
    func slow() async throws {
        let feed = EventFeed()
        let (slow, quick) = (try #require(feed.follow()), try #require(feed.follow()))
        slow.begin(after: 0)
        var seen = 0
        var reader = quick.signals.makeAsyncIterator()
        for id in 1...Int64(EventFeed.waiting + 10) {
            feed.deliver([try Self.event(id, .nodeOnline)])
            if await reader.next() != nil { seen += 1 }
        }
        #expect(seen == EventFeed.waiting + 10)
        var kept = 0
        for await _ in slow.signals { kept += 1 }
        #expect(kept == EventFeed.waiting, "its stream has ended after what was waiting")
        #expect(feed.followerCount == 1, "its place is free, whoever still holds it")
    }

    @Test("a feed that has ended lets everybody go after what was waiting, and whoever comes later at once")
    func end() async throws {
        let feed = EventFeed()
        let early = try #require(feed.follow())
        early.begin(after: 0)
        feed.deliver([try Self.event(1, .nodeOnline)])
        feed.end()
        let late = try #require(feed.follow())
        late.begin(after: 0)
        feed.deliver([try Self.event(2, .nodeOnline)])
        feed.beat(now: .now)
        var seen: [EventFeed.Signal] = []
        for await signal in early.signals { seen.append(signal) }
        #expect(seen == [.event(try Self.event(1, .nodeOnline))])
        for await _ in late.signals { Issue.record("nothing comes after the end") }
        #expect(feed.followerCount == 0)
        #expect(feed.awaitedAfter == nil)
    }
}
