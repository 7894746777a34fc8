package import ClusterCore

/// What whoever asks for a pass does next.
package enum PassStep: Sendable, Equatable {
    /// Ask this and bring the answer, or the error, back.
    case ask(PassStatement)
    /// The pass is over; the next one begins after this time.
    case rest(Duration)
}

extension PassStateMachine {
    /// What the driver does next.
    package enum Step: Sendable, Equatable {
        /// Do what `takeEffects` says, and then ask `next`, at a new moment: what follows depends on that, or on how long it took
        /// to come this far.
        case act
        /// Ask this and bring the answer, or the error, back.
        case ask(PassStatement)
        /// The pass is over; the next one begins after this time.
        case rest(Duration)
        /// The database ended the pass; the next one begins after about this time, spread.
        case backOff(Duration)
    }
}

/// What a pass decides by: the time, and what others hold.
package struct PassMoment: Sendable {
    package let now: ContinuousClock.Instant
    /// Since 1970, by this machine's wall clock.
    package let wallTime: Duration
    /// After which event of the history a follower waits for more; nil: nobody does.
    package let awaitedEvent: Int64?
    /// What this balancer's probes say of the node itself; nil before anything is known.
    package let finding: @Sendable (NodeID) -> ProbeBoard.Finding?

    package init(
        now: ContinuousClock.Instant, wallTime: Duration, awaitedEvent: Int64? = nil,
        finding: @escaping @Sendable (NodeID) -> ProbeBoard.Finding? = { _ in nil }
    ) {
        self.now = now
        self.wallTime = wallTime
        self.awaitedEvent = awaitedEvent
        self.finding = finding
    }
}

/// What is to be done beside the statements, in this order.
package enum PassEffect: Sendable {
    case log(PassRemark)
    /// These are the nodes to probe from now on.
    case follow([NodeRecord])
    /// Something speaks against the node: probe it at once.
    case hurry(NodeID)
    case publish(PassReport)
    /// New events for those who follow the history, ascending by id.
    case deliver([RecordedEvent])
}

/// One line of the log.
package struct PassRemark: Sendable, Equatable {
    /// Those of the log's levels that a pass uses, named here so that the machine needs no logger.
    package enum Level: Sendable, Equatable {
        case info, notice, warning, error
    }

    package let level: Level
    package let text: String
    /// What varies from one such line to the next: the line's metadata.
    package let facts: [String: String]

    package init(_ level: Level, _ text: String, _ facts: [String: String] = [:]) {
        self.level = level
        self.text = text
        self.facts = facts
    }
}

extension [PassEffect] {
    mutating func log(_ level: PassRemark.Level, _ text: String, _ facts: [String: String] = [:]) {
        append(.log(PassRemark(level, text, facts)))
    }
}
