package import NIOCore
import Synchronization

/// The Engine.IO sessions of one node and the polls that wait for a packet, shared by its connections.
package final class EngineIOStore: Sendable {
    private struct State {
        var sessions = EngineIOSessions()
        var waiting: [String: EventLoopPromise<String>] = [:]
    }

    private let state = Mutex(State())

    /// No session and no poll.
    package init() {}

    /// As of now: another connection may close the session at once.
    package func knows(_ sid: String) -> Bool { state.withLock { $0.sessions.knows(sid) } }

    /// The open packet of a new session.
    package func open() -> String { state.withLock { $0.sessions.open(sid: EngineIOSessions.newSID()) } }

    /// The payload of a GET: at once when packets are queued, otherwise when one comes or `abandon` is called. Fails with
    /// `EngineIORefusal`.
    package func poll(_ sid: String, on loop: any EventLoop) -> EventLoopFuture<String> {
        let promise = loop.makePromise(of: String.self)
        let outcome = state.withLock {
            state -> (poll: Result<EngineIOSessions.Poll, EngineIORefusal>, orphan: EventLoopPromise<String>?) in
            do throws(EngineIORefusal) {
                let poll = try state.sessions.poll(sid)
                if poll == .wait { state.waiting[sid] = promise }
                return (.success(poll), nil)
            } catch {
                return (.failure(error), state.sessions.knows(sid) ? nil : state.waiting.removeValue(forKey: sid))
            }
        }
        outcome.orphan?.fail(EngineIORefusal.badRequest)
        switch outcome.poll {
        case .success(.payload(let payload)): promise.succeed(payload)
        case .success(.wait): break
        case .failure(let refusal): promise.fail(refusal)
        }
        return promise.futureResult
    }

    /// A POST: queues the answers, and hands them to a waiting GET.
    package func receive(_ payload: String, on sid: String) throws(EngineIORefusal) {
        let delivery = try state.withLock { state throws(EngineIORefusal) -> (EventLoopPromise<String>, String)? in
            try state.sessions.receive(payload, on: sid)
            guard let promise = state.waiting[sid] else { return nil }
            state.sessions.endPoll(sid)
            guard case .payload(let answer) = try state.sessions.poll(sid) else {
                return nil
            }
            state.waiting[sid] = nil
            return (promise, answer)
        }
        if let (promise, answer) = delivery { promise.succeed(answer) }
    }

    /// Answers a waiting GET with a ping, as the real server does every 25 s.
    package func ping(_ sid: String) { release(sid)?.succeed("2") }

    /// The connection of a waiting GET is gone.
    package func abandon(_ sid: String) { release(sid)?.fail(EngineIORefusal.badRequest) }

    private func release(_ sid: String) -> EventLoopPromise<String>? {
        state.withLock { state in
            guard let promise = state.waiting.removeValue(forKey: sid) else { return nil }
            state.sessions.endPoll(sid)
            return promise
        }
    }
}
