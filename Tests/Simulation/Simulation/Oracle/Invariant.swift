/// What must hold, whatever fate, people and the network do. This is the one list: `meaning` says what, `place` where it is
/// checked; `Simulator invariants` prints both.
package enum Invariant: String, Sendable, CaseIterable {
    case fence, election, reason, lostFirst, personsChoice, freshSnapshot, exactReturn, hold, target, placement
    case leftAlone, journal, pause, speaker, oneAgent, calm, history, doubleStart, staleKuma, watched
    case settledOwner, settledReturn, settledLeader, settledRunning, settledCount, settledJob

    package var meaning: String {
        switch self {
        case .fence: "a statement under a lease that is not valid in the table has no effect"
        case .election:
            """
            the lease changes hands only when it ran out or was given back; each take – by its former \
            holder, too – has the next epoch; one epoch has one holder
            """
        case .reason:
            """
            a monitor's assignment changes by a person's act, by a new journal entry, or by closing one; \
            nothing else changes it
            """
        case .lostFirst:
            """
            a monitor leaves only a node that was offline, in maintenance or absent at some moment since the \
            leader's snapshot was read, and in a state that is known
            """
        case .leftAlone:
            """
            no move, return or rebalancing takes a monitor from a node, or gives it one, that a person had put into a \
            state of a later version before the leader's snapshot was read, and has not put into another since
            """
        case .personsChoice: "the same, where a person chose the node; and nobody but a person undoes it by a return"
        case .freshSnapshot:
            """
            no move is executed on a snapshot older than three lease terms, and what the database's clock was set back \
            meanwhile
            """
        case .exactReturn:
            """
            a return restores what the oracle saw before the first move, and only where the monitor is still \
            where we put it
            """
        case .hold:
            """
            a monitor goes home only to a node that was online for the whole RETURN_HOLD, unless the node \
            that runs it is lost
            """
        case .target: "monitors go only to nodes that were online and not in maintenance, in a state that is known"
        case .placement:
            """
            after a batch no receiver runs more than one monitor above any other fit node; after an outage silent nodes \
            receive nothing as long as any other is left
            """
        case .journal:
            """
            one open entry a monitor, found by reading all of it; only entries that expect a return are \
            open; the open entry says where the monitor is unless a person moved it
            """
        case .pause: "no monitor moves on a snapshot read while the cluster is paused"
        case .speaker: "a balancer writes a node's status only when its agent was silent for REPORT_TTL or detached"
        case .oneAgent: "of two agents with one node id only one is heard"
        case .calm:
            """
            while every Kuma lives, nothing moves: not for an outage of the database, a dead agent, a frozen \
            balancer or a blip of the network
            """
        case .history:
            """
            each monitor that a leader moves away or brings home is in the history, whatever becomes of the \
            leader
            """
        case .doubleStart: "overlapping re-reads never make a Kuma run a monitor twice"
        case .staleKuma: "a Kuma that could read its assignments for 80 s runs exactly those that stood for 80 s"
        case .watched:
            """
            where moves are planned and nothing fails, no monitor waits for its new node longer than 5 s beyond its \
            interval, and no two nodes run it for longer
            """
        case .settledOwner:
            """
            when any node is fit, every active, assigned monitor's effective node is online and not in \
            maintenance; a state that nobody knows is over by then
            """
        case .settledReturn: "no entry is open whose home is fit: everything is home"
        case .settledLeader: "exactly one living balancer leads"
        case .settledRunning: "every monitor that should run is run once, by its effective node and nobody else"
        case .settledCount: "each reporting node's monitor_count is what it effectively runs"
        case .settledJob: "no rebalancing is left unfinished"
        }
    }

    /// When it is checked, and by which function.
    package var place: String {
        switch self {
        case .fence: "each speak, move, return and forget, as it is executed (Oracle.checkFence)"
        case .election: "each acquire and each leader's write (Oracle.checkElection, checkFence)"
        case .reason:
            """
            each leader's write, each person's act, and the end: all monitors against the oracle's own copy \
            (Oracle.checkWrite)
            """
        case .lostFirst: "each moved monitor (Oracle.checkMove)"
        case .personsChoice: "each moved and each returned monitor (checkMove, checkReturn)"
        case .freshSnapshot: "each move (Oracle.checkMove)"
        case .exactReturn: "each returned monitor (Oracle.checkReturn)"
        case .hold: "each returned monitor (Oracle.checkReturn)"
        case .target: "each moved monitor (Oracle.checkMove)"
        case .leftAlone: "each moved, returned and rebalanced monitor (Oracle.checkLeftAlone)"
        case .placement: "each batch on an unchanged snapshot (Oracle.checkPlacement)"
        case .journal: "each leader's write (Oracle.checkJournal)"
        case .pause: "each leader's write (Oracle.checkPause)"
        case .speaker: "each speak (Oracle.checkSpeaker)"
        case .oneAgent: "each report (Oracle.checkReport)"
        case .calm: "each move, in the calm scenarios (Oracle.checkMove)"
        case .history: "each leader's write (Oracle.checkHistory)"
        case .doubleStart: "each start of a monitor (SimulatedKuma.reread)"
        case .staleKuma: "every 5 s (SimulatedKuma.checkFreshness)"
        case .watched: "after everything moved (Simulation.checkWatched)"
        case .settledOwner: "after quiet (Oracle.checkSettled)"
        case .settledReturn: "after quiet (Oracle.checkSettled)"
        case .settledLeader: "after quiet (Simulation.checkLeader)"
        case .settledRunning: "after quiet (Simulation.checkRunning)"
        case .settledCount: "after quiet (Oracle.checkSettled)"
        case .settledJob: "after quiet (Oracle.checkSettled)"
        }
    }
}

/// One invariant that did not hold.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package let invariant: Invariant
    package let at: Duration
    package let detail: String

    package var description: String { "\(invariant.rawValue) violated at \(Trace.text(at)) s: \(detail)" }
}
