/// Long runs go from socket to socket through a pipe (splice(2)): their bytes are neither copied nor seen.
extension Reactor {
    enum SpliceOutcome: Equatable {
        /// So many bytes left the source; they are at the sink or in the lane.
        case moved(Int)
        /// The source has nothing just now.
        case none
        case sourceEnded, sourceFailed, sinkFailed
        /// No pipe is to be had: the bytes must be copied.
        case unavailable
    }

    /// One splice into a pipe that fills less than this says that the sender trickles: two system calls for a copy are
    /// then cheaper than three for a splice.
    private static var trickleBytes: Int { 16 * 1024 }

    /// Whether a run of this many bytes is worth a pipe. One without a known end is when its sender has filled a receive
    /// buffer, one with a known length unless its sender trickles.
    func maySplice(_ run: UInt64, _ lane: PipeLane) -> Bool {
        guard run >= UInt64(configuration.limits.spliceRunBytes) else { return false }
        switch lane.pace {
        case .unknown: return run != .max
        case .bulk: return true
        case .trickle: return false
        }
    }

    /// Receives into the scratch buffer, and notes at what pace the sender sends.
    func receive(
        from endpoint: inout Endpoint, behind stored: Int = 0, noting lane: inout PipeLane
    ) -> TransferOutcome {
        let outcome = receive(from: &endpoint, behind: stored)
        if case .moved(let count) = outcome, count >= Reactor.receiveBytes { lane.pace = .bulk }
        return outcome
    }

    /// One splice into the lane's pipe, and as much out of it as the sink takes.
    /// - Precondition: the lane is empty.
    func splice(
        from source: inout Endpoint, to sink: inout Endpoint, lane: inout PipeLane, atMost run: UInt64
    ) -> SpliceOutcome {
        guard pipes.lease(&lane) else {
            // Copying until the sender fills a buffer again: not a try with every piece.
            lane.pace = .trickle
            return .unavailable
        }
        defer { pipes.giveBackIfEmpty(&lane) }
        let pipe = pipes.input(of: lane)
        let share = Int(min(run, UInt64(pipe.capacity)))
        switch SystemCall.splice(from: source.number, to: pipe.descriptor, share) {
        case .wouldBlock:
            source.isReadable = false
            return .none
        case .endOfStream:
            source.isReadOut = true
            return .sourceEnded
        case .failed:
            source.isReadOut = true
            return .sourceFailed
        case .moved(let count):
            lane.held = Int32(count)
            splicedBytes += count
            lane.pace = count < min(Reactor.trickleBytes, share) ? .trickle : .bulk
            return pour(&lane, to: &sink).delivery == .accepted ? .moved(count) : .sinkFailed
        }
    }

    /// Moves what a lane holds to its sink.
    private func pour(_ lane: inout PipeLane, to sink: inout Endpoint) -> (progress: Progress, delivery: Delivery) {
        guard lane.held > 0, sink.isWritable else { return (.none, .accepted) }
        let held = Int(lane.held)
        switch SystemCall.splice(from: pipes.output(of: lane), to: sink.number, held) {
        case .moved(let count):
            // splice(2) goes on until the pipe is empty or the socket is full.
            if count < held { sink.isWritable = false }
            lane.held -= Int32(count)
            return (.made, .accepted)
        case .wouldBlock:
            sink.isWritable = false
            return (.none, .accepted)
        case .endOfStream, .failed: return (.none, .failed)
        }
    }

    /// Sends what waits, then what is in the lane's pipe.
    func flush(
        _ pending: inout PendingBytes, _ lane: inout PipeLane, to sink: inout Endpoint
    ) -> (progress: Progress, delivery: Delivery) {
        let flushed = flush(&pending, to: &sink)
        guard lane.held > 0, pending.isEmpty, flushed.delivery == .accepted else { return flushed }
        let poured = pour(&lane, to: &sink)
        pipes.giveBackIfEmpty(&lane)
        return (flushed.progress == .made ? .made : poured.progress, poured.delivery)
    }

    // MARK: Exchanges

    enum SpliceProgress { case made, none, unavailable }

    func spliceRequest(_ slot: Slot, _ run: UInt64) -> SpliceProgress {
        let outcome = splice(
            from: &slot.pointee.client, to: &slot.pointee.upstream, lane: &slot.pointee.upstreamLane, atMost: run)
        switch outcome {
        case .moved(let count): slot.pointee.exchange?.skipped(fromClient: count)
        case .none: return .none
        // As when it is copied: the body will never be whole.
        case .sourceEnded, .sourceFailed: breakOff(slot, because: .clientClosed)
        case .sinkFailed: upstreamRefusedBytes(slot)
        case .unavailable: return .unavailable
        }
        return .made
    }

    func spliceResponse(_ slot: Slot, _ run: UInt64) -> SpliceProgress {
        let outcome = splice(
            from: &slot.pointee.upstream, to: &slot.pointee.client, lane: &slot.pointee.clientLane, atMost: run)
        switch outcome {
        case .moved(let count):
            slot.pointee.access?.responseBytes += count
            slot.pointee.exchange?.skipped(fromUpstream: count)
        case .none: return .none
        // As where it is copied.
        case .sourceEnded: upstreamEnded(slot, slot.pointee.upstream.isShut ? .reset : .closed)
        case .sourceFailed: upstreamEnded(slot, .reset)
        case .sinkFailed: closeConnection(slot)
        case .unavailable: return .unavailable
        }
        return .made
    }
}
