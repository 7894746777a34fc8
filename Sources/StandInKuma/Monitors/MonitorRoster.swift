package import ClusterCore

/// Which monitors a node believes it runs, and the loops that really run.
///
/// It has Kuma's trap on purpose (FactsAboutKuma.md): the belief is one entry a monitor, written when a run *starts* a
/// loop, and a run decides by the belief it saw when it *began*. Two overlapping runs therefore both start the same
/// monitor; the second entry replaces the first, so that nothing ever stops the first loop again. Only a restart ends it.
package struct MonitorRoster: Sendable {
    /// One running check loop; two loops of one monitor differ in it.
    package struct LoopID: Hashable, Sendable {
        /// Counts up from 1 for as long as the node runs.
        package let number: Int
    }

    /// What one run does, decided when it begins.
    package struct Plan: Sendable, Equatable {
        /// In the order of their ids.
        package let starts: [MonitorTask]
        /// Ascending; done after the starts.
        package let stops: [MonitorID]

        package init(starts: [MonitorTask], stops: [MonitorID]) {
            self.starts = starts
            self.stops = stops
        }
    }

    private var believed: [MonitorID: LoopID] = [:]
    private var nextLoop = 0

    /// Nothing runs.
    package init() {}

    /// The monitors this node believes it runs, ascending.
    package var monitors: [MonitorID] { believed.keys.sorted() }

    /// What the node believes; a loop that was forgotten may run all the same.
    package func runs(_ monitor: MonitorID) -> Bool { believed[monitor] != nil }

    /// Compares ids only, as Kuma does: an edited monitor is not restarted.
    package func plan(for assigned: [MonitorTask]) -> Plan {
        let wanted = Set(assigned.map(\.id))
        return Plan(
            starts: assigned.filter { believed[$0.id] == nil }.sorted { $0.id < $1.id },
            stops: believed.keys.filter { !wanted.contains($0) }.sorted())
    }

    /// The loop to start now. Forgets, and so leaks, a loop that another run started meanwhile.
    package mutating func start(_ monitor: MonitorID) -> LoopID {
        nextLoop += 1
        let loop = LoopID(number: nextLoop)
        believed[monitor] = loop
        return loop
    }

    /// The loop to stop now, the last one started; nil when none is believed to run.
    package mutating func stop(_ monitor: MonitorID) -> LoopID? { believed.removeValue(forKey: monitor) }
}
