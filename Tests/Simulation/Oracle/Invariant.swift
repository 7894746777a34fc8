/// What must hold, whatever fate, people and the network do.
///
/// | Invariant | Where it is checked |
/// |---|---|
/// | `fence`: a statement under a lease that is not valid in the table has no effect | each speak, move, return and forget, as it is executed (`Oracle.checkFence`) |
/// | `election`: the lease changes hands only when it ran out or was given back, and each time with the next epoch; one epoch has one holder | each acquire and each leader's write (`Oracle.checkElection`, `checkFence`) |
/// | `reason`: a monitor's assignment changes by a person's act, by a new journal entry, or by closing one; nothing else changes it | each leader's write, each person's act, and the end: all monitors against the oracle's own copy (`Oracle.checkReasons`) |
/// | `lostFirst`: a monitor leaves only a node that was offline, in maintenance or absent at some moment since the leader's picture was read | each moved monitor (`Oracle.checkMove`) |
/// | `personsChoice`: the same, where a person chose the node; and nobody but a person undoes it by a return | each moved and each returned monitor (`checkMove`, `checkReturn`) |
/// | `freshPicture`: no move is planned on a picture older than three lease terms | each move (`Oracle.checkMove`) |
/// | `exactReturn`: a return restores what the oracle saw before the first move, and only where the monitor is still where we put it | each returned monitor (`Oracle.checkReturn`) |
/// | `hold`: a monitor goes home only to a node that was online for the whole `RETURN_HOLD`, unless the node that runs it is lost | each returned monitor (`Oracle.checkReturn`) |
/// | `target`: monitors go only to nodes that were online and not in maintenance | each moved monitor (`Oracle.checkMove`) |
/// | `placement`: after a batch no receiver runs more than one monitor above any other fit node | each batch on an unchanged picture (`Oracle.checkPlacement`) |
/// | `journal`: one open entry a monitor, found by reading all of it; only entries that expect a return are open; the open entry says where the monitor is unless a person moved it | each leader's write (`Oracle.checkJournal`) |
/// | `pause`: no monitor moves on a picture read while the cluster is paused | each leader's write (`Oracle.checkPause`) |
/// | `speaker`: a balancer writes a node's status only when its agent was silent for `REPORT_TTL` or detached | each speak (`Oracle.checkSpeaker`) |
/// | `oneAgent`: of two agents with one node id only one is heard | each report (`Oracle.checkReport`) |
/// | `calm`: while every Kuma lives, nothing moves: not for an outage of the database, a dead agent, a frozen balancer or a blip of the network | each move, in the calm scenarios (`Oracle.checkMove`) |
/// | `doubleStart`: overlapping re-reads never make a Kuma run a monitor twice | each start of a monitor (`SimulatedKuma.reread`) |
/// | `staleKuma`: a Kuma that could read its assignments for 75 s runs exactly those that stood for 75 s | every 5 s (`SimulatedKuma.checkFreshness`) |
/// | `settledOwner`: when any node is fit, every active, assigned monitor's effective node is online and not in maintenance | after quiet (`Oracle.checkSettled`) |
/// | `settledReturn`: no entry is open whose home is fit: everything is home | after quiet (`Oracle.checkSettled`) |
/// | `settledLeader`: exactly one living balancer leads | after quiet (`Simulation.checkLeader`) |
/// | `settledRunning`: every monitor that should run is run once, by its effective node and nobody else | after quiet (`Simulation.checkRunning`) |
/// | `settledCount`: each reporting node's `monitor_count` is what it effectively runs | after quiet (`Oracle.checkSettled`) |
/// | `settledJob`: no rebalancing is left unfinished | after quiet (`Oracle.checkSettled`) |
package enum Invariant: String, Sendable, CaseIterable {
    case fence, election, reason, lostFirst, personsChoice, freshPicture, exactReturn, hold, target, placement
    case journal, pause, speaker, oneAgent, calm, doubleStart, staleKuma
    case settledOwner, settledReturn, settledLeader, settledRunning, settledCount, settledJob
}

/// One invariant that did not hold.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package let invariant: Invariant
    package let at: Duration
    package let detail: String

    package var description: String { "\(invariant.rawValue) violated at \(Trace.text(at)) s: \(detail)" }
}
