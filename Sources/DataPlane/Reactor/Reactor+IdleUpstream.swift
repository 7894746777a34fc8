import CLinux
import ClusterCore

/// Between requests an upstream connection belongs to nobody, and serves whoever asks next (<doc:LifeOfAConnection>).
extension Reactor {
    /// Takes an idle upstream connection for the request at hand, if there is one that it may use.
    /// - Returns: `.kept` when the connection is the slot's now; nil when the node turns out to have just closed one, which
    ///   is closed here too: another node may be the better choice now.
    func lendIdleUpstream(
        _ slot: Slot, for target: UpstreamTarget, _ reuse: ExchangeStateMachine.Reuse
    ) -> ExchangeStateMachine.UpstreamOrigin? {
        let span: UInt64
        switch (target, reuse) {
        case (.none, _), (_, .never): return .fresh
        case (_, .any): span = deadlines.keptUpstream
        case (_, .verified): span = Reactor.verifiedSpan
        }
        guard let record = upstreams.youngest(target, idleFor: span, now: now) else { return .fresh }
        if reuse == .verified, !upstreams.isAlive(idle: record) {
            brokeOff(target)
            upstreams.closeIdle(record)
            return nil
        }
        upstreams.lend(record, to: slot.pointee.index, as: &slot.pointee.upstream)
        slot.pointee.upstreamRecord = Int32(record)
        slot.pointee.target = target
        if case .node(let node) = target { stay(slot, with: node) }
        return .kept
    }

    /// The node ended a connection as nodes do that end themselves: requests that can be sent only once keep away from it
    /// for a moment (`NodeTraffic.brokeOff`).
    func brokeOff(_ target: UpstreamTarget) {
        switch target {
        case .none, .controlAPI: return
        case .node(let node): directory.entries[node].traffic.brokeOff(shakenUntil: now + deadlines.shaken)
        }
    }

    /// `Reuse.verified`: 1 s, far below the 5 s after which Node.js closes an idle connection.
    private static var verifiedSpan: UInt64 { 1_000_000_000 }

    /// After an exchange: the upstream connection waits for anybody's next request, if it is in step and its node still
    /// takes some.
    func giveBackUpstream(_ slot: Slot) {
        let record = Int(slot.pointee.upstreamRecord)
        let isCurrent =
            switch slot.pointee.target {
            case .none: false
            case .controlAPI: true
            case .node(let node): directory.entries[node].edition == upstreams.edition(of: record)
            }
        // Request bytes that the node did not wait for, or its end: nothing may follow on that connection.
        guard isCurrent, slot.pointee.upstream.isOpen, slot.pointee.toUpstream.isEmpty,
            slot.pointee.upstreamLane.isEmpty,
            !slot.pointee.upstream.hasEnded, !slot.pointee.upstream.isShut, isSilent(&slot.pointee.upstream)
        else {
            closeUpstream(slot)
            return
        }
        upstreams.giveBack(record, &slot.pointee.upstream, now: now)
        slot.pointee.target = .none
        slot.pointee.replay.removeAll()
    }

    /// The flag stays set when a response happened to fill the receive buffer to its last byte: then the kernel is asked.
    private func isSilent(_ endpoint: inout Endpoint) -> Bool {
        guard endpoint.isReadable else { return true }
        endpoint.isReadable = false
        return SystemCall.isIdleAndOpen(endpoint.number)
    }

    /// An idle upstream has nothing to say: what it says is its end, or out of step. Writability means nothing.
    func idleUpstreamSpoke(_ record: Int, _ readiness: UInt32) {
        let isOver = readiness & (clinux_ended | clinux_failed) != 0
        let isReadable = readiness & clinux_readable != 0
        // Readable alone may be the echo of a response that was read in this very turn.
        guard isOver || (isReadable && !upstreams.isAlive(idle: record)) else { return }
        // An older one may have reached its node's own limit.
        if upstreams.age(idle: record, now: now) < Reactor.verifiedSpan { brokeOff(upstreams.target(of: record)) }
        upstreams.closeIdle(record)
    }
}
