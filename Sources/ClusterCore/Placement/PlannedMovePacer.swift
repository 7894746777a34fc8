/// `LB_PLANNED_MOVES`: when monitors move that somebody runs.
package enum PlannedMoveTiming: String, Sendable, CaseIterable {
    /// As `PlannedMovePacer` allows.
    case paced
    /// Without waiting: their new node starts them as soon as its agent has it re-read, and their old one may have stopped
    /// them before.
    case atOnce = "at-once"

    /// What the pacer is given for it; `.none` lets everything through.
    package var limits: PlannedMovePacer.Limits {
        switch self {
        case .paced: PlannedMovePacer.Limits()
        case .atOnce: .none
        }
    }
}

/// Lets planned moves – returns, maintenance, rebalancing – through just before Kuma's own next reading, and no more of them
/// than that reading starts within 5 s: the old node then stops in the very reading in which the new one starts, and nothing
/// is left unwatched. Measured on the stand-in node; the other way, batches in between, needs an agent with a key at each
/// node and runs a monitor twice for as long as two agents look at different moments.
///
/// A move that misses its moment – a slow database, clocks apart – is safe, only watched later than it might be.
package struct PlannedMovePacer: Sendable {
    /// How many moves go with one reading, and when in a period they are written.
    package struct Limits: Sendable, Equatable {
        /// Monitors that one node is given for one reading: 16 starts take 4.8 s at most (<doc:FactsAboutKuma>).
        package var arrivals = 16
        /// Monitors that leave one node in one reading: it stops them in the time in which two receivers start as many.
        package var departures = 32
        /// Parts of the period between which they are written: seconds 52 to 56 of a minute. An agent leaves to Kuma what it
        /// sees from second 50 on, so clocks may be 2 s apart and a transaction take 3 s.
        package var window = (52.0 / 60)..<(57.0 / 60)
        /// Parts of the period in which urgent moves are kept back (`UrgentHold`): from second 46 on, and released at
        /// second 54, so that the transaction is done before second 00 even when a statement stalls first.
        package var hold = (46.0 / 60)..<(54.0 / 60)

        package init() {}

        /// Everything at once: for what is not about the pace.
        package static var none: Limits {
            var limits = Limits()
            limits.arrivals = .max
            limits.departures = .max
            limits.window = 0..<1
            limits.hold = 0..<0
            return limits
        }
    }

    /// Where a monitor runs and where it is to run.
    package struct Leg: Sendable, Equatable {
        package let from: NodeReference
        package let to: NodeReference

        package init(from: NodeReference, to: NodeReference) {
            self.from = from
            self.to = to
        }
    }

    /// What becomes of moves behind one that must wait.
    package enum Discipline: Sendable {
        /// The first that must wait holds up those behind it: only whole beginnings of the list keep the loads even.
        case strict
        /// They may go before it.
        case any
    }

    private let readings: KumaReadings
    private let limits: Limits
    private var period: Int?
    private var arrivals: [NodeReference: Int] = [:]
    private var departures: [NodeReference: Int] = [:]
    /// Of the urgent moves of this period.
    private var urgent: [NodeReference: Int] = [:]
    /// Of urgent moves that are not written yet.
    private var expected: [NodeReference: Int] = [:]
    /// When, by the wall clock, a Kuma may be starting what urgent moves gave it. One that is at it when its next reading is
    /// due misses that, and would run for a minute more what was to leave then.
    private var busy: [NodeReference: Range<Duration>] = [:]

    /// - Parameter readings: of the nodes' Kumas, all of which read at the same moments.
    package init(_ readings: KumaReadings = KumaReadings(), limits: Limits = Limits()) {
        self.readings = readings
        self.limits = limits
    }

    /// - Parameter wallTime: since 1970, as the machines beside the nodes count it.
    package func isOpen(at wallTime: Duration) -> Bool {
        limits.window.contains(readings.phase(of: wallTime) / readings.period)
    }

    /// Urgent moves that Kuma's next reading will start as well.
    package mutating func note(urgent counts: [NodeReference: Int], at wallTime: Duration) {
        begin(wallTime)
        urgent.merge(counts, uniquingKeysWith: +)
        // One agent calls for them all: what came before makes its call longer.
        let late = leftToReading(urgent.filter { counts.keys.contains($0.key) }, at: wallTime)
        let left = counts.filter { late.keys.contains($0.key) }
        arrivals.merge(left, uniquingKeysWith: +)
        let reading = nextReading(after: wallTime)
        for (node, count) in left {
            let earlier = busy[node].flatMap { $0.upperBound > reading ? $0 : nil } ?? reading..<reading
            busy[node] = earlier.lowerBound..<(earlier.upperBound + KumaReadings.span(starts: count))
        }
    }

    private func nextReading(after wallTime: Duration) -> Duration {
        readings.period * (readings.index(of: wallTime) + 1)
    }

    /// All urgent moves that are still to be written, kept back ones included; they replace those of the last call.
    package mutating func expect(urgent counts: [NodeReference: Int], at wallTime: Duration) {
        expected = leftToReading(counts, at: wallTime)
    }

    /// Those that Kuma's next reading starts, and no agent before.
    private func leftToReading(_ counts: [NodeReference: Int], at wallTime: Duration) -> [NodeReference: Int] {
        let phase = readings.phase(of: wallTime)
        return counts.filter { readings.leaves(starts: $0.value, at: phase) }
    }

    /// Which of these may be written now; they are counted as written. No node gives and takes in one reading: it stops
    /// only after it has started everything.
    package mutating func admit<Move>(
        _ moves: [Move], by discipline: Discipline, at wallTime: Duration, leg: (Move) -> Leg
    ) -> [Move] {
        guard isOpen(at: wallTime), !moves.isEmpty else { return [] }
        begin(wallTime)
        let reading = nextReading(after: wallTime)
        var admitted: [Move] = []
        for move in moves {
            if admit(leg(move), for: reading) {
                admitted.append(move)
                continue
            }
            switch discipline {
            case .strict: return admitted
            case .any: continue
            }
        }
        return admitted
    }

    private mutating func begin(_ wallTime: Duration) {
        let current = readings.index(of: wallTime)
        guard current != period || limits.arrivals == .max else { return }
        // A clock that was put back tells nothing of how long somebody is busy.
        busy = period.map { current < $0 } ?? false ? [:] : busy.filter { $0.value.upperBound > wallTime }
        period = current
        arrivals = [:]
        departures = [:]
        urgent = [:]
    }

    private func misses(_ reading: Duration, _ node: NodeReference) -> Bool {
        busy[node].map { $0.lowerBound < reading && reading < $0.upperBound } ?? false
    }

    private mutating func admit(_ leg: Leg, for reading: Duration) -> Bool {
        guard limits.arrivals != .max else { return true }
        guard !misses(reading, leg.from), !misses(reading, leg.to) else { return false }
        guard arrivals[leg.to, default: 0] + expected[leg.to, default: 0] < limits.arrivals,
            departures[leg.from, default: 0] < limits.departures,
            arrivals[leg.from] == nil, expected[leg.from] == nil, departures[leg.to] == nil
        else { return false }
        arrivals[leg.to, default: 0] += 1
        departures[leg.from, default: 0] += 1
        return true
    }
}
