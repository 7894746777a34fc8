/// Why the cluster moved a monitor.
package enum MoveReason: String, Sendable, CaseIterable {
    /// Its node was lost.
    case failover
    /// Somebody asked for even counts.
    case rebalance
    /// Its node is in maintenance.
    case maintenance
    /// Somebody asked for all homes to be given anew.
    case force

    /// What becomes of the monitor.
    package enum Effect: Sendable {
        /// It is away from home, and goes back by itself one day: its entry in the journal stays open until then.
        case absence
        /// It lives elsewhere from now on: its entry is closed at once.
        case newHome
    }

    /// Whether a move for this reason is ever undone by itself.
    package var effect: Effect {
        switch self {
        case .failover, .maintenance: .absence
        case .rebalance, .force: .newHome
        }
    }
}

// MARK: - The journal's `reason` column

extension MoveReason {
    /// What is written. Version 1.0 said `drain` where its node was in maintenance, and does not see an entry in a word that it
    /// does not know: it would never bring the monitor home, and forget where that is when it moves it on. While balancers of
    /// both lead in turn, its word is the one that all of them read.
    package var column: String {
        switch self {
        case .maintenance: "drain"
        case .failover, .rebalance, .force: rawValue
        }
    }

    /// All that may stand there for this reason.
    package var columns: [String] { column == rawValue ? [column] : [column, rawValue] }

    /// - Parameter text: what the column says, or what a person calls the reason.
    /// - Returns: nil for a word of a later version.
    package init?(word text: String) {
        guard let known = MoveReason.allCases.first(where: { $0.columns.contains(text) }) else { return nil }
        self = known
    }
}
