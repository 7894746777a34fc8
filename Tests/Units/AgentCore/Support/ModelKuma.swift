import ClusterCore
import RepeatableRandom

/// A Kuma's readings in virtual time, as the fork does them: what to start is decided by what ran when the reading began, each
/// start takes 100 to 300 ms, and what is to stop is stopped after the last start. Nothing keeps two from overlapping.
struct ModelKuma {
    private struct Reading {
        let call: Int?
        let wanted: Set<MonitorID>
        var starts: [MonitorID]
        var nextAt: Duration
        var stops: [MonitorID]?
    }

    private(set) var running: Set<MonitorID>
    private var readings: [Reading] = []
    /// Monitors that were started while they ran.
    private(set) var doubles = 0

    init(running: Set<MonitorID>) { self.running = running }

    /// - Parameter call: nil: its own reading.
    mutating func read(_ wanted: Set<MonitorID>, call: Int?, at now: Duration) {
        let starts = wanted.subtracting(running).sorted { $0 > $1 }
        readings.append(Reading(call: call, wanted: wanted, starts: starts, nextAt: now))
    }

    /// - Returns: calls that have ended.
    mutating func advance(to now: Duration, _ random: inout SeededRandom) -> [Int] {
        var ended: [Int] = []
        var underWay: [Reading] = []
        for var reading in readings {
            var goesOn = true
            while goesOn, reading.nextAt <= now { goesOn = step(&reading, &random) }
            if goesOn {
                underWay.append(reading)
            } else if let call = reading.call {
                ended.append(call)
            }
        }
        readings = underWay
        return ended
    }

    private mutating func step(_ reading: inout Reading, _ random: inout SeededRandom) -> Bool {
        if let monitor = reading.starts.popLast() {
            if !running.insert(monitor).inserted { doubles += 1 }
            reading.nextAt += random.span(.milliseconds(100) ... .milliseconds(300))
            return true
        }
        if reading.stops == nil { reading.stops = running.subtracting(reading.wanted).sorted { $0 > $1 } }
        guard let monitor = reading.stops?.popLast() else { return false }
        running.remove(monitor)
        reading.nextAt += random.span(.milliseconds(50) ... .milliseconds(150))
        return true
    }
}
