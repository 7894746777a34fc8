import CLinux
import ClusterCore
import HTTPFraming

/// Whether a step changed anything, so that another one may be possible.
enum Progress { case made, none }

// The life of a client connection.
//
//     sniffing ──head──▶ connecting ──writable──▶ exchanging ──both complete──▶ sniffing
//        │  ▲  └─idle upstream──────────────────▲    │   └─101──▶ tunnelling ──both ended──▶ vacant
//        │  └──────────next request─────────────────-┘
//        └─bad head, no node, 408─▶ closing ──flushed, client ended or linger over──▶ vacant
//
// - *vacant*: the slot owns nothing.
// - *sniffing*: owns the client's descriptor, and remembers the node of the last request (`stickyNode`). Exits: a whole
//   head; a bad one (answer, closing); not HTTP, the client's end or too long silence (vacant, without a word).
// - *connecting*: owns both descriptors; the stamped head waits in `toUpstream`, nothing of it has been sent. Exits:
//   connected; refused or timed out (the next best node, up to `connectAttempts`; then 503); the client gone (vacant).
// - *exchanging*: owns both descriptors; `ExchangeStateMachine` says what each piece of bytes means. Exits: both complete
//   (the upstream's descriptor goes to the `UpstreamPool`, or closes when it is out of step); the node failed before a
//   response (replay on a fresh connection, then on another node, then 502; what may not be sent again is a 502 at once)
//   or within it (reset to the client); the table says that the node is gone (as a reset of its connection); the client gone
//   (vacant; the upstream closes).
// - *tunnelling*: owns both descriptors; bytes move until both sides have ended, or one failed, or a deadline.
// - *closing*: owns the client's descriptor only.
//
// A direction with a long run leases a pipe from the `PipePool` (`clientLane`, `upstreamLane`). Exits: empty (back to the
// pool with the same step); its connection closed while it holds bytes (closed, so that they meet nobody else).
//
// An idle upstream connection belongs to the `UpstreamPool`. Exits: lent to a request; its end or anything else it says;
// 4 s; too many of them; its node offline, moved or gone; no descriptor free for something better (closed).
//
// `closeConnection` is the one way to vacant, from every phase; `closeUpstream` and `giveBackUpstream` are the ways to let
// go of an upstream.
extension Reactor {
    /// Notes what the kernel says of one end, and serves the connection.
    func note(_ readiness: UInt32, of role: EventToken.Role, on slot: Slot) {
        let isReadable = readiness & (clinux_readable | clinux_ended | clinux_failed) != 0
        let isWritable = readiness & (clinux_writable | clinux_failed) != 0
        let hasEnded = readiness & (clinux_ended | clinux_failed) != 0
        switch role {
        case .listener, .wake: return
        case .upstream:
            if isReadable { slot.pointee.upstream.isReadable = true }
            if isWritable { slot.pointee.upstream.isWritable = true }
            if hasEnded, !slot.pointee.upstream.hasEnded {
                slot.pointee.upstream.hasEnded = true
                if slot.pointee.phase == .tunnelling { armTunnel(slot) }
            }
        case .client:
            if isReadable { slot.pointee.client.isReadable = true }
            if isWritable { slot.pointee.client.isWritable = true }
            if hasEnded, !slot.pointee.client.hasEnded {
                slot.pointee.client.hasEnded = true
                switch slot.pointee.phase {
                case .exchanging: armExchange(slot)
                case .tunnelling: armTunnel(slot)
                case .vacant, .sniffing, .connecting, .closing: break
                }
            }
            if readiness & clinux_failed != 0 { clientFailed(slot) }
        }
        serve(slot)
    }

    /// The client's connection is reset, or over in both directions.
    private func clientFailed(_ slot: Slot) {
        switch slot.pointee.phase {
        // There its bytes may still be wanted: the receive says.
        case .vacant, .sniffing, .tunnelling: return
        case .connecting, .exchanging, .closing: closeConnection(slot)
        }
    }

    /// Does all that can be done for a connection now, within a turn's share.
    func serve(_ slot: Slot) {
        splicedBytes = 0
        for _ in 0..<Reactor.stepsPerTurn where splicedBytes < Reactor.splicedPerTurn {
            let progress =
                switch slot.pointee.phase {
                case .vacant: Progress.none
                case .sniffing: readRequest(slot)
                case .connecting: finishConnect(slot)
                case .exchanging: moveExchange(slot)
                case .tunnelling: moveTunnel(slot)
                case .closing: moveClosing(slot)
                }
            if progress == .none { return }
        }
        if slot.pointee.phase != .vacant { enqueue(slot) }
    }

    /// Receives into the scratch buffer, and keeps the endpoint's flags true.
    /// - Parameter stored: bytes of the same direction that wait for these, so that together they keep their bound.
    func receive(from endpoint: inout Endpoint, behind stored: Int = 0) -> TransferOutcome {
        // A partial head may be as long as the bound itself; what completes it gets a page at least.
        let room = max(Reactor.receiveBytes - stored, 4096)
        let outcome = SystemCall.receive(
            endpoint.number, into: UnsafeMutableRawBufferPointer(rebasing: incoming.bytes[..<room]))
        switch outcome {
        case .moved(let count):
            // A short read has emptied the socket (epoll(7)), unless an end is waiting behind it.
            if count < room, !endpoint.hasEnded { endpoint.isReadable = false }
        case .wouldBlock: endpoint.isReadable = false
        case .endOfStream: endpoint.isReadOut = true
        case .failed: endpoint.isReadOut = true
        }
        return outcome
    }

    /// How far bytes got.
    enum Delivery: Equatable {
        /// All taken, or the rest waits in `pending`.
        case accepted
        case failed
    }

    /// Sends what waits. `pending` shrinks by what the peer takes.
    func flush(_ pending: inout PendingBytes, to endpoint: inout Endpoint) -> (progress: Progress, delivery: Delivery) {
        guard !pending.isEmpty, endpoint.isWritable else { return (.none, .accepted) }
        let bytes = pending.bytes
        switch SystemCall.transmit(endpoint.number, bytes) {
        case .moved(let count):
            if count < bytes.count { endpoint.isWritable = false }
            pending.removeFirst(count)
            return (.made, .accepted)
        case .wouldBlock:
            endpoint.isWritable = false
            return (.none, .accepted)
        case .endOfStream, .failed: return (.none, .failed)
        }
    }

    /// Sends bytes behind those that wait; only what the peer does not take now is stored.
    func deliver(
        _ bytes: UnsafeRawBufferPointer, to endpoint: inout Endpoint, pending: inout PendingBytes
    ) -> Delivery {
        guard !bytes.isEmpty else { return .accepted }
        guard pending.isEmpty, endpoint.isWritable else {
            pending.append(bytes)
            return .accepted
        }
        switch SystemCall.transmit(endpoint.number, bytes) {
        case .moved(let count):
            if count < bytes.count {
                endpoint.isWritable = false
                pending.append(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            }
            return .accepted
        case .wouldBlock:
            endpoint.isWritable = false
            pending.append(bytes)
            return .accepted
        case .endOfStream, .failed: return .failed
        }
    }
}
