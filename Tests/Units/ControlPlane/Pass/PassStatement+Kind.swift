import ControlPlane

extension PassStatement {
    enum Kind: String, Sendable, CaseIterable {
        case prepareSchema, acquireLease, releaseLease, poll, assignments, jobs, openMoves, speak, record, endPause,
            forget
        case returnHome, move, rebalance, finishJob, announce, history, events
    }

    var kind: Kind {
        switch self {
        case .prepareSchema: .prepareSchema
        case .acquireLease: .acquireLease
        case .releaseLease: .releaseLease
        case .poll: .poll
        case .assignments: .assignments
        case .jobs: .jobs
        case .openMoves: .openMoves
        case .speak: .speak
        case .record: .record
        case .endPause: .endPause
        case .forget: .forget
        case .returnHome: .returnHome
        case .move: .move
        case .rebalance: .rebalance
        case .finishJob: .finishJob
        case .announce: .announce
        case .history: .history
        case .events: .events
        }
    }

    /// Whether it changes where monitors run.
    var moves: Bool {
        switch self {
        case .move, .returnHome, .rebalance: true
        case .prepareSchema, .acquireLease, .releaseLease, .poll, .assignments, .jobs, .openMoves, .speak, .record,
            .endPause, .forget, .finishJob, .announce, .history, .events:
            false
        }
    }
}
