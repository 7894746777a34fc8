/// What a person decided about a node; no automatism ever writes it.
///
/// Everything that a state means is said in this file. Whoever acts on a state asks for its `effects`, and never which
/// state it is: a new one is a new row of the table, and the compiler names what is left to say of it.
package enum AdminState: String, Sendable, CaseIterable {
    case drain, cordon, maintenance
    /// As usual: what ends the others.
    case active
}

extension AdminState {
    /// Its row of the table.
    package var effects: AdminEffects {
        switch self {
        case .drain: AdminEffects(newClients: .lastResort, pins: .kept, monitors: .kept)
        case .cordon: AdminEffects(newClients: .lastResort, pins: .refused(.cordon), monitors: .kept)
        case .maintenance: AdminEffects(newClients: .avoided, pins: .refused(.maintenance), monitors: .leave)
        case .active: AdminEffects(newClients: .taken, pins: .kept, monitors: .taken)
        }
    }

    /// What a person calls it who asks for it: `kuma-agent drain`, `POST /lb/nodes/{node}/drain`.
    package var verb: String {
        switch self {
        case .drain: "drain"
        case .cordon: "cordon"
        case .maintenance: "maintenance"
        case .active: "activate"
        }
    }

    /// One sentence for whoever is about to ask for it.
    package var summary: String {
        switch self {
        case .drain: "Gives the node no new connections; it keeps its monitors and its pinned clients."
        case .cordon: "Gives the node no new connections, not even of pinned clients; it keeps its monitors."
        case .maintenance: "Gives the node no new connections and moves its monitors to the others."
        case .active: "Gives the node connections and monitors as usual."
        }
    }
}

/// What the `admin_state` column says.
package enum AdminWord: Sendable, Hashable {
    case known(AdminState)
    /// A word of a later version. Whoever set it knows what it means, so the node is left alone: what is there stays, others
    /// come by a pin, which is still given, or where nobody else can serve, monitors never, and the word stands until a person
    /// gives the node another state.
    case unknown(String)

    /// Never fails: whatever the column says is kept.
    package init(column text: String) {
        self = AdminState(rawValue: text).map { .known($0) } ?? .unknown(text)
    }

    /// What the column holds.
    package var text: String {
        switch self {
        case .known(let state): state.rawValue
        case .unknown(let text): text
        }
    }

    /// All words that anybody is shown.
    package static let shownWords = AdminState.allCases.map(\.rawValue) + [unknownWord]
    private static let unknownWord = "unknown"

    /// What programs are shown: they can rely on `shownWords`.
    package var shown: String {
        switch self {
        case .known(let state): state.rawValue
        case .unknown: AdminWord.unknownWord
        }
    }

    /// Of an unknown word those that change nothing: clients, pins and monitors stay, clients that nothing leads there come only
    /// where nobody else can serve, and monitors never.
    package var effects: AdminEffects {
        switch self {
        case .known(let state): state.effects
        case .unknown: AdminEffects(newClients: .lastResort, pins: .kept, monitors: .untouched)
        }
    }
}

/// What becomes of a node's clients and monitors: the columns of the table.
package struct AdminEffects: Sendable, Hashable {
    /// Clients that nothing leads to this node. Those who are there stay, unless new ones are avoided.
    package enum NewClients: Sendable {
        /// Its share of them.
        case taken
        /// Only while nobody else can serve.
        case lastResort
        /// As if it could not be reached: tried when nothing else is left.
        case avoided
    }

    /// Clients that are pinned to it.
    package enum Pins: Sendable, Hashable {
        case kept
        /// Their pin is passed over for as long as this lasts.
        case refused(PinRefusal)
    }

    /// Why a pin is refused, by a person's decision.
    package enum PinRefusal: Sendable {
        case cordon, maintenance
    }

    /// Monitors that run on the node, and those that need one.
    package enum Monitors: Sendable {
        /// It keeps its own and may be given others.
        case taken
        /// It keeps its own, and is given others only where nobody else can take them.
        case kept
        /// They go to other nodes.
        case leave
        /// None is taken from it, whatever its health, and none given to it.
        case untouched
    }

    package let newClients: NewClients
    package let pins: Pins
    package let monitors: Monitors
}
