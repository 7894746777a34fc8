import RepeatableRandom

/// Everything that happens to a cluster, and how often in each profile.
enum Fault: String, Sendable, CaseIterable {
    case kumaDies, kumaStarts, kumaRestarts, kumaHangs
    case agentDies, agentStarts, agentLeaves, agentFreezes, secondAgent, agentIsCut
    case hostVanishes
    case balancerFreezes, balancerDies, balancerStarts, balancerLeaps, balancerIsCut, nodeIsUnreachable
    case databaseStops, databaseFreezes, databaseBlinks, databaseLeaps
    case personAssigns, personRehomes, personToggles, personAdds, personDeletes, personSetsAdminState
    case personEditsNode, personMisspellsStatus, personRetiresNode, personDeletesNode, personAddsNode
    case personRebalances, personCancels, personPauses, personResumes
    case blip

    func weight(in profile: Scenario.Profile) -> Int {
        switch profile {
        case .everything, .storm, .handovers: everyday
        case .people: isPersons ? 4 * everyday : everyday
        case .databaseOutages: duringOutages
        case .agentsDie: amongAgents
        case .blips: self == .blip ? 1 : 0
        case .planned: 0
        }
    }

    private var isPersons: Bool { rawValue.hasPrefix("person") }

    private var everyday: Int {
        switch self {
        case .kumaDies, .kumaRestarts: 6
        case .kumaStarts: 10
        case .kumaHangs: 3
        case .agentDies, .agentLeaves: 3
        case .agentStarts: 6
        case .agentFreezes, .secondAgent, .agentIsCut: 2
        case .hostVanishes: 4
        case .balancerFreezes: 5
        case .balancerDies: 3
        case .balancerStarts: 4
        case .balancerLeaps: 2
        case .balancerIsCut, .nodeIsUnreachable: 3
        case .databaseStops, .databaseFreezes, .databaseBlinks, .databaseLeaps: 2
        case .personAssigns: 4
        case .personRehomes, .personToggles, .personAdds, .personDeletes: 1
        case .personSetsAdminState: 2
        case .personEditsNode: 2
        case .personMisspellsStatus, .personRetiresNode, .personDeletesNode, .personAddsNode: 1
        case .personRebalances, .personResumes: 2
        case .personCancels, .personPauses: 1
        case .blip: 1
        }
    }

    private var duringOutages: Int {
        switch self {
        case .databaseStops, .databaseFreezes, .databaseBlinks: 6
        case .databaseLeaps: 4
        case .agentFreezes, .agentDies, .agentIsCut, .agentLeaves: 2
        case .agentStarts: 5
        case .balancerFreezes, .balancerDies, .balancerLeaps, .balancerIsCut: 2
        case .balancerStarts: 4
        case .personToggles: 2
        case .kumaDies, .kumaStarts, .kumaRestarts, .kumaHangs, .secondAgent, .hostVanishes, .nodeIsUnreachable,
            .personAssigns, .personRehomes, .personAdds, .personDeletes, .personSetsAdminState, .personEditsNode,
            .personMisspellsStatus, .personRetiresNode, .personDeletesNode, .personAddsNode, .personRebalances,
            .personCancels, .personPauses, .personResumes, .blip:
            0
        }
    }

    private var amongAgents: Int {
        switch self {
        case .agentDies, .agentFreezes, .secondAgent, .agentIsCut, .agentLeaves: 4
        case .agentStarts: 8
        case .balancerFreezes, .balancerDies, .personEditsNode, .personMisspellsStatus: 2
        case .balancerStarts: 4
        case .kumaDies, .kumaStarts, .kumaRestarts, .kumaHangs, .hostVanishes, .nodeIsUnreachable, .balancerLeaps,
            .balancerIsCut, .databaseStops, .databaseFreezes, .databaseBlinks, .databaseLeaps, .personAssigns,
            .personRehomes,
            .personToggles, .personAdds, .personDeletes, .personSetsAdminState, .personRetiresNode,
            .personDeletesNode, .personAddsNode, .personRebalances, .personCancels, .personPauses, .personResumes,
            .blip:
            0
        }
    }

    /// The seed's choice.
    static func draw(in profile: Scenario.Profile, _ random: inout SeededRandom) -> Fault {
        let weights = allCases.map { $0.weight(in: profile) }
        var rest = random.index(below: weights.reduce(0, +))
        for (fault, weight) in zip(allCases, weights) {
            if rest < weight { return fault }
            rest -= weight
        }
        return .databaseBlinks
    }
}
