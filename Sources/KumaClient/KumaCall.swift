import ClusterCore
import NIOCore
import NIOHTTP1
import Secrets

/// One request under way, from its beginning to its one end: an answer, a failure, its deadline or its caller's
/// cancellation, whichever comes first.
///
/// SAFETY: unchecked, because `state` is touched on the client's one event loop only.
final class KumaCall: @unchecked Sendable {
    typealias Outcome = Result<KumaAnswer, KumaCallError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    /// Called while the call is still under way at that time, on the client's loop.
    struct Reminder: Sendable {
        let at: NIODeadline
        let remind: @Sendable () -> Void

        init(at: NIODeadline, _ remind: @escaping @Sendable () -> Void) {
            self.at = at
            self.remind = remind
        }
    }

    private enum State {
        case new
        case running(Continuation, timer: Scheduled<Void>)
        case ended
    }

    /// Without `Authorization`.
    private let head: HTTPRequestHead
    private let authorization: Secret?
    /// JSON; its length and type are in the head.
    let body: String?
    let address: NodeAddress
    let carrier: KumaHTTPClient.Carrier
    let deadline: NIODeadline
    /// How long making the connection may take.
    let connectLimit: TimeAmount?
    private let reminder: Reminder?
    private var state = State.new
    /// That carries it now; closed when the call ends without it.
    weak var connection: KumaConnection?

    init(
        _ head: HTTPRequestHead, _ authorization: Secret?, body: String?, to address: NodeAddress,
        over carrier: KumaHTTPClient.Carrier, deadline: NIODeadline, connectLimit: TimeAmount?, reminder: Reminder?
    ) {
        self.head = head
        self.authorization = authorization
        self.body = body
        self.address = address
        self.carrier = carrier
        self.deadline = deadline
        self.connectLimit = connectLimit
        self.reminder = reminder
    }

    /// As it is sent: nobody else holds the secret as text.
    var wholeHead: HTTPRequestHead {
        guard let authorization else { return head }
        var whole = head
        whole.headers.add(name: "Authorization", value: authorization.revealed)
        return whole
    }

    var hasEnded: Bool {
        switch state {
        case .new, .running: false
        case .ended: true
        }
    }

    /// - Returns: false when its caller was cancelled before it began.
    func begin(_ continuation: Continuation, on loop: any EventLoop) -> Bool {
        switch state {
        case .new:
            guard let reminder, reminder.at < deadline else {
                state = .running(continuation, timer: endTimer(on: loop))
                return true
            }
            // One timer at a time: the second is set when the first one has gone off, which is rare.
            let timer = loop.scheduleTask(deadline: reminder.at) { self.remind(reminder, on: loop) }
            state = .running(continuation, timer: timer)
            return true
        case .running, .ended:
            continuation.resume(returning: .failure(.timedOut))
            return false
        }
    }

    private func endTimer(on loop: any EventLoop) -> Scheduled<Void> {
        loop.scheduleTask(deadline: deadline) { self.end(.failure(.timedOut)) }
    }

    private func remind(_ reminder: Reminder, on loop: any EventLoop) {
        switch state {
        case .new, .ended: return
        case .running(let continuation, _): state = .running(continuation, timer: endTimer(on: loop))
        }
        reminder.remind()
    }

    /// Only the first end counts.
    func end(_ outcome: Outcome) {
        switch state {
        case .new: state = .ended
        case .running(let continuation, let timer):
            state = .ended
            timer.cancel()
            connection?.abandon(self)
            continuation.resume(returning: outcome)
        case .ended: break
        }
    }
}
