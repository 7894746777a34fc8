import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// After a 101 has been sent on: what either side sent behind its head goes first.
    func beginTunnel(_ slot: Slot, firstBytes bytes: UnsafeRawBufferPointer, behind headBytes: Int) -> ResponseStep {
        let first = UnsafeRawBufferPointer(rebasing: bytes[headBytes...])
        slot.pointee.access?.responseBytes += first.count
        let delivery = deliver(first, to: &slot.pointee.client, pending: &slot.pointee.toClient)
        guard delivery == .accepted else {
            closeConnection(slot)
            return .ended
        }
        slot.pointee.upstreamInput.removeAll()
        slot.pointee.replay.removeAll()
        slot.pointee.toUpstream.append(slot.pointee.input.bytes)
        slot.pointee.input.removeAll()
        slot.pointee.exchange = nil
        slot.pointee.clientLane.pace = .unknown
        slot.pointee.upstreamLane.pace = .unknown
        slot.pointee.phase = .tunnelling
        facts.openTunnels.wrappingAdd(1, ordering: .relaxed)
        SystemCall.setKeepAlive(slot.pointee.client.number)
        SystemCall.setKeepAlive(slot.pointee.upstream.number)
        if isDraining { spreadTunnel(slot) } else { armTunnel(slot) }
        return .ended
    }

    /// A tunnel of which one side has ended has `tunnelFin` from its last byte on: also when that end waits behind bytes that
    /// the other side does not take, or a client that stops reading would hold both descriptors for a day.
    func armTunnel(_ slot: Slot) {
        guard !isDraining else { return }
        let hasEnded = slot.pointee.client.hasEnded || slot.pointee.upstream.hasEnded
        wheel.arm(slot.pointee.index, at: now + (hasEnded ? deadlines.tunnelFin : deadlines.tunnel))
    }

    /// Draining: each tunnel ends at a moment of its own.
    func spreadTunnel(_ slot: Slot) {
        wheel.arm(slot.pointee.index, at: now + UInt64.random(in: 0...max(deadlines.drainTunnels, 1)))
    }

    /// Tunnelling: one step in each direction.
    func moveTunnel(_ slot: Slot) -> Progress {
        let up = relay(
            &slot.pointee.client, to: &slot.pointee.upstream, pending: &slot.pointee.toUpstream,
            lane: &slot.pointee.upstreamLane)
        let down = relay(
            &slot.pointee.upstream, to: &slot.pointee.client, pending: &slot.pointee.toClient,
            lane: &slot.pointee.clientLane)
        if case .moved(let count) = down { slot.pointee.access?.responseBytes += count }
        // One side failed: the other must not take what it has for a proper end.
        if up == .failed || down == .failed {
            SystemCall.setResetOnClose(slot.pointee.upstream.number)
            breakOff(slot, because: .tunnelReset)
            return .made
        }
        if slot.pointee.client.isShut, slot.pointee.upstream.isShut {
            closeConnection(slot)
            return .made
        }
        if up == .none, down == .none { return .none }
        // After a half-close, too, every byte gives the rest its time again: a slow receiver is not a dead one.
        armTunnel(slot)
        return .made
    }

    private func copy(
        from source: inout Endpoint, to sink: inout Endpoint, pending: inout PendingBytes, lane: inout PipeLane
    ) -> SpliceOutcome {
        switch receive(from: &source, noting: &lane) {
        case .wouldBlock: .none
        case .endOfStream: .sourceEnded
        case .failed: .sourceFailed
        case .moved(let count):
            deliver(incoming.first(count), to: &sink, pending: &pending) == .accepted ? .moved(count) : .sinkFailed
        }
    }

    private enum RelayStep: Equatable {
        case none
        /// That many bytes came from the source; 0: some that had come before left.
        case moved(Int)
        case ended, failed
    }

    /// Moves what one side sent to the other; when that side has ended and all is delivered, relays the end.
    private func relay(
        _ source: inout Endpoint, to sink: inout Endpoint, pending: inout PendingBytes, lane: inout PipeLane
    ) -> RelayStep {
        let flushed = flush(&pending, &lane, to: &sink)
        guard flushed.delivery == .accepted else { return .failed }
        var step = flushed.progress == .made ? RelayStep.moved(0) : RelayStep.none
        if pending.isEmpty, lane.isEmpty, source.isReadable, !source.isReadOut {
            let outcome =
                maySplice(.max, lane)
                ? splice(from: &source, to: &sink, lane: &lane, atMost: .max)
                : copy(from: &source, to: &sink, pending: &pending, lane: &lane)
            switch outcome {
            case .none, .sourceEnded: break
            case .sourceFailed, .sinkFailed: return .failed
            case .moved(let count): step = .moved(count)
            // Copied with the next step.
            case .unavailable: step = .moved(0)
            }
        }
        if source.isReadOut, pending.isEmpty, lane.isEmpty, !sink.isShut {
            SystemCall.endSending(sink.number)
            sink.isShut = true
            step = .ended
        }
        return step
    }
}
