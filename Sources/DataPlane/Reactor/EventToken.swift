/// What travels through epoll with a descriptor: who it is for, and which life of that slot.
struct EventToken: Equatable {
    enum Role: UInt64 {
        case client = 0
        case upstream = 1
        case listener = 2
        case wake = 3
    }

    let bits: UInt64

    init(bits: UInt64) { self.bits = bits }

    /// - Parameter index: below 2^30.
    init(role: Role, index: Int, generation: UInt32) {
        bits = UInt64(generation) << 32 | role.rawValue << 30 | UInt64(index) & 0x3FFF_FFFF
    }

    var role: Role {
        switch bits >> 30 & 3 {
        case 0: .client
        case 1: .upstream
        case 2: .listener
        case _: .wake
        }
    }

    var index: Int { Int(bits & 0x3FFF_FFFF) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
}

/// A reactor's scratch memory: one allocation, used by every connection in turn, never across turns.
struct ScratchBuffer: ~Copyable {
    /// SAFETY: owned by this value; whoever uses it is done before the next receive or assembly on the same thread.
    let bytes: UnsafeMutableRawBufferPointer

    init(bytes count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }

    deinit { bytes.deallocate() }

    /// Its first bytes, for reading.
    func first(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[0..<count]) }
}

/// The limits' spans in nanoseconds, computed once.
struct DeadlineSpans {
    let head, idle, connect, exchange, abandoned, keptUpstream, shaken, tunnel, tunnelFin, linger: UInt64
    let drainExchanges, drainTunnels, handOver: UInt64

    init(_ limits: DataPlaneLimits) {
        head = DeadlineSpans.nanoseconds(limits.headTimeout)
        idle = DeadlineSpans.nanoseconds(limits.idleTimeout)
        connect = DeadlineSpans.nanoseconds(limits.connectTimeout)
        exchange = DeadlineSpans.nanoseconds(limits.exchangeIdle)
        abandoned = DeadlineSpans.nanoseconds(limits.abandonedGrace)
        keptUpstream = DeadlineSpans.nanoseconds(limits.keptUpstreamIdle)
        shaken = DeadlineSpans.nanoseconds(limits.shakenSpan)
        tunnel = DeadlineSpans.nanoseconds(limits.tunnelIdle)
        tunnelFin = DeadlineSpans.nanoseconds(limits.tunnelFin)
        linger = DeadlineSpans.nanoseconds(limits.linger)
        drainExchanges = DeadlineSpans.nanoseconds(limits.drainExchanges)
        drainTunnels = DeadlineSpans.nanoseconds(limits.drainTunnels)
        handOver = DeadlineSpans.nanoseconds(limits.handOver)
    }

    private static func nanoseconds(_ span: Duration) -> UInt64 {
        let (seconds, attoseconds) = span.components
        return UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
    }
}
