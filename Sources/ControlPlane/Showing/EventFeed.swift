package import ClusterCore
import Synchronization

/// Hands new events of the history to those who follow it live. The control loop is its only clock and its only reader of
/// the database: one query a pass, however many follow, and none when nobody does.
///
/// Events of several balancers may reach the table in another order than that of their ids; one that comes late by more
/// than a pass is in the history only.
package final class EventFeed: Sendable {
    /// What a follower is sent.
    package enum Signal: Sendable, Equatable {
        case event(RecordedEvent)
        /// Nothing happened for a while; tells a follower's connection from a dead one.
        case beat
    }

    /// Followers at once; above: refused. A dashboard in each office needs a handful.
    package static let followers = 32
    /// Signals that wait for one follower; above: its stream ends, its place is free, and it comes back with the last id
    /// it saw.
    package static let waiting = 256
    /// Between beats. Well below the idle limit of anything between us and a browser, and below the time that a draining
    /// balancer gives its exchanges: its clients' streams end at a beat.
    package static let interval: Duration = .seconds(5)
    /// Events read by a pass; when all of them are new, the whole page of the history is read.
    static let glance = 50

    private typealias Streams = [UInt64: AsyncStream<Signal>.Continuation]

    private struct State {
        var streams: Streams = [:]
        var next: UInt64 = 0
        /// The newest event that was handed out; nil until a follower has said where it begins.
        var newest: Int64?
        var nextBeat: ContinuousClock.Instant?
        var hasEnded = false
    }

    private let state = Mutex(State())

    package init() {}

    /// A place in the feed, for as long as it is held.
    package final class Subscription: Sendable {
        /// For one reader. Ends with the feed, and when `waiting` signals have piled up.
        package let signals: AsyncStream<Signal>
        private let feed: EventFeed
        private let number: UInt64

        fileprivate init(_ feed: EventFeed, _ number: UInt64, _ signals: AsyncStream<Signal>) {
            self.feed = feed
            self.number = number
            self.signals = signals
        }

        /// Has events after `id` follow; some may come twice, and then in order.
        package func begin(after id: Int64) { feed.begin(after: id) }

        deinit { feed.leave(number) }
    }

    /// Nil when there are too many already. Once the feed has ended: one that ends at once.
    package func follow() -> Subscription? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Signal.self, bufferingPolicy: .bufferingOldest(EventFeed.waiting))
        var isOver = false
        let number = state.withLock { state -> UInt64? in
            guard state.streams.count < EventFeed.followers else { return nil }
            state.next += 1
            if !state.hasEnded { state.streams[state.next] = continuation }
            isOver = state.hasEnded
            return state.next
        }
        if isOver { continuation.finish() }
        return number.map { Subscription(self, $0, stream) }
    }

    private func begin(after id: Int64) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.newest = min(state.newest ?? id, id)
        }
    }

    private func leave(_ number: UInt64) {
        let stream = state.withLock { state -> AsyncStream<Signal>.Continuation? in
            let stream = state.streams.removeValue(forKey: number)
            if state.streams.isEmpty { state.newest = nil }
            return stream
        }
        stream?.finish()
    }

    /// Those who follow now.
    package var followerCount: Int { state.withLock { $0.streams.count } }

    /// After which event somebody waits for more; nil when nobody does.
    package var awaitedAfter: Int64? { state.withLock { $0.newest } }

    /// - Parameter events: ascending by id.
    package func deliver(_ events: [RecordedEvent]) {
        guard let last = events.last else { return }
        let streams = state.withLock { state -> Streams in
            guard state.newest != nil else { return [:] }
            state.newest = last.id
            return state.streams
        }
        for event in events { send(.event(event), to: streams) }
    }

    /// Called with every tick of the control loop.
    package func beat(now: ContinuousClock.Instant) {
        let streams = state.withLock { state -> Streams in
            guard !state.streams.isEmpty, state.nextBeat.map({ now >= $0 }) ?? true else { return [:] }
            state.nextBeat = now + EventFeed.interval
            return state.streams
        }
        send(.beat, to: streams)
    }

    /// Called when the control loop has ended: with nobody left to beat, a follower would wait until it is cut off.
    package func end() {
        let streams = state.withLock { state -> Streams in
            state.hasEnded = true
            state.newest = nil
            defer { state.streams = [:] }
            return state.streams
        }
        for stream in streams.values { stream.finish() }
    }

    private func send(_ signal: Signal, to streams: Streams) {
        for (number, stream) in streams {
            switch stream.yield(signal) {
            // Whoever writes to it may be held up by a peer that reads nothing, for as long as that likes.
            case .dropped: leave(number)
            case .enqueued, .terminated: continue
            @unknown default: continue
            }
        }
    }
}
