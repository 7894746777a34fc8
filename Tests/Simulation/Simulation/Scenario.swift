import ClusterCore
import RepeatableRandom

/// What one seed plays: the size of the cluster and which faults it meets.
package struct Scenario: Sendable, Equatable {
    package enum Profile: String, Sendable, CaseIterable {
        /// Every fault there is.
        case everything
        /// The same, thrice as dense.
        case storm
        /// Mostly people who edit monitors and nodes, while nodes come and go.
        case people
        /// The database stops, hangs and loses calls; balancers and agents freeze, leap in time, die and are restarted.
        case databaseOutages
        /// Agents die, come back, detach or meet a second one with the same id.
        case agentsDie
        /// More than half of the nodes are cut off for less than the mass-silence wait.
        case blips
        /// As a storm, on big nodes, and every agent is replaced while Kuma reads because it asked. No seed's own choice: for
        /// a rule that is seldom needed.
        case handovers
        /// Nothing fails, and all monitors of one node move because somebody planned it; every node has the same second,
        /// more or less. No seed's own choice: the others are full of gaps that nobody could avoid.
        case planned

        /// Every Kuma lives through it and is reachable when it counts: nothing may be moved.
        package var isCalm: Bool {
            switch self {
            case .everything, .storm, .people, .handovers, .planned: false
            case .databaseOutages, .agentsDie, .blips: true
            }
        }
    }

    package let seed: UInt64
    package let profile: Profile
    package let nodes: Int
    package let monitorsPerNode: Int
    package let balancers: Int
    package let monitorLimit: Int
    /// `RETURN_HOLD`; shorter than the product's default in most seeds, so that more returns fit into a run.
    package let hold: Duration
    package let flapWindow: Duration
    /// The probability that one store call or probe meets a fault of its own, while faults last.
    package let faultRate: Double
    /// Between two faults of processes, nodes, people or the database, on average.
    package let pace: Duration
    package let faultSpan: Duration
    /// Whether agents may have Kuma re-read at once.
    package let hasReconcileKey: Bool

    static let reportTTL: Duration = .seconds(8)
    var reportTTL: Duration { Scenario.reportTTL }
    let leaseTTL: Duration = .seconds(10)
    let fall = 3

    /// Long enough for everything that was begun to end: silence and mass silence (23 s), a lease (10 s), the longest
    /// hold, a second round of both, and two of Kuma's minutes.
    /// Planned moves take a minute for 16 monitors of a node, and another where two nodes exchange theirs.
    var quietSpan: Duration { .seconds(50) + flapWindow + .seconds(130) + .seconds(240) }
    /// Until every first Kuma serves.
    static let nodesFirst: Duration = .seconds(6)
    static let warmUp: Duration = .seconds(20)

    /// The node that has all monitors where moves are planned.
    static let crowded = "node2"

    /// - Parameters:
    ///   - profile: nil: the seed's choice.
    ///   - monitors: on each node that has any; nil: the seed's choice.
    package init(seed: UInt64, profile wanted: Profile? = nil, monitors: Int? = nil) {
        var random = SeededRandom(seed: seed ^ 0x5CE4_A210)
        self.seed = seed
        let drawn: Profile
        switch random.index(below: 12) {
        case 0...3: drawn = .everything
        case 4, 5: drawn = .storm
        case 6, 7: drawn = .people
        case 8, 9: drawn = .databaseOutages
        case 10: drawn = .agentsDie
        case _: drawn = .blips
        }
        let profile = wanted ?? drawn
        self.profile = profile
        nodes = profile == .planned ? 3 : random.number(profile == .blips ? 3...5 : 2...5)
        let isBig = random.chance(0.1) || profile == .handovers
        monitorsPerNode = monitors ?? random.number(profile == .planned ? 1...60 : isBig ? 8...15 : 1...5)
        balancers = random.number(1...3)
        monitorLimit = random.chance(0.3) && profile != .planned ? random.number(2...8) : 1_000
        let isPatient = random.chance(0.05)
        hold = isPatient ? .seconds(30) : .seconds(random.number(6...15))
        flapWindow = isPatient ? .seconds(600) : .seconds(60)
        let rates: [Double] = [0, 0.01, 0.03, 0.08]
        faultRate = profile == .blips || profile == .planned ? 0 : rates[random.index(below: rates.count)]
        pace = .seconds(profile == .storm || profile == .handovers ? 2 : random.number(5...9))
        faultSpan = .seconds(random.number(70...150))
        hasReconcileKey = random.chance(0.8) || profile == .handovers
    }
}
