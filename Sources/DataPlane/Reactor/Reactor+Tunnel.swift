import ClusterCore
import HTTPFraming
import Synchronization

extension Reactor {
    /// After a 101 has been sent on: what either side sent behind its head goes first.
    func beginTunnel(_ slot: Slot, firstBytes bytes: UnsafeRawBufferPointer, behind headBytes: Int) -> ResponseStep {
        let first = UnsafeRawBufferPointer(rebasing: bytes[headBytes...])
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
        slot.pointee.phase = .tunnelling
        facts.openTunnels.add(1, ordering: .relaxed)
        SystemCall.setKeepAlive(slot.pointee.client.number)
        SystemCall.setKeepAlive(slot.pointee.upstream.number)
        if isDraining { spreadTunnel(slot) } else { wheel.arm(slot.pointee.index, at: now + deadlines.tunnel) }
        return .ended
    }

    /// Draining: each tunnel ends at a moment of its own.
    func spreadTunnel(_ slot: Slot) {
        wheel.arm(slot.pointee.index, at: now + UInt64.random(in: 0...max(deadlines.drainTunnels, 1)))
    }

    /// Tunnelling: one step in each direction.
    func moveTunnel(_ slot: Slot) -> Progress {
        let up = relay(&slot.pointee.client, to: &slot.pointee.upstream, pending: &slot.pointee.toUpstream)
        let down = relay(&slot.pointee.upstream, to: &slot.pointee.client, pending: &slot.pointee.toClient)
        // One side failed: the other must not take what it has for a proper end.
        if up == .failed || down == .failed {
            SystemCall.setResetOnClose(slot.pointee.upstream.number)
            breakOff(slot)
            return .made
        }
        if slot.pointee.client.isShut, slot.pointee.upstream.isShut {
            closeConnection(slot)
            return .made
        }
        if up == .none, down == .none { return .none }
        if up == .ended || down == .ended {
            if !isDraining { wheel.arm(slot.pointee.index, at: now + deadlines.tunnelFin) }
        } else if !isDraining, !slot.pointee.client.isShut, !slot.pointee.upstream.isShut {
            wheel.arm(slot.pointee.index, at: now + deadlines.tunnel)
        }
        return .made
    }

    private enum RelayStep { case none, moved, ended, failed }

    /// Moves what one side sent to the other; when that side has ended and all is delivered, relays the end.
    private func relay(
        _ source: inout Endpoint, to sink: inout Endpoint, pending: inout PendingBytes
    ) -> RelayStep {
        let flushed = flush(&pending, to: &sink)
        guard flushed.delivery == .accepted else { return .failed }
        var step = flushed.progress == .made ? RelayStep.moved : RelayStep.none
        if pending.isEmpty, source.isReadable, !source.isDrained {
            switch receive(from: &source) {
            case .wouldBlock: break
            case .endOfStream: break
            case .failed: return .failed
            case .moved(let count):
                guard deliver(incoming.first(count), to: &sink, pending: &pending) == .accepted else { return .failed }
                step = .moved
            }
        }
        if source.isDrained, pending.isEmpty, !sink.isShut {
            SystemCall.endSending(sink.number)
            sink.isShut = true
            step = .ended
        }
        return step
    }
}
