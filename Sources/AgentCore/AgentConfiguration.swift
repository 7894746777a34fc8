package import ClusterCore
import ClusterStore

/// What one agent must know. A value; nothing here is read from the environment.
package struct AgentConfiguration: Sendable {
    /// What to do when another live agent reports for the same node.
    package enum ConflictPolicy: Sendable, Equatable {
        /// Report nothing and wait for the other to go.
        case wait
        /// End with `AgentConflict`.
        case end
    }

    package let node: NodeID
    /// Kuma's display name, used when the row must be registered.
    package let name: String
    /// `name:port`, where balancers reach the node.
    package let host: String
    /// Whether `host` replaces what the row says.
    package var hostPrecedence = HostPrecedence.row
    /// Used when the row must be registered; one that stands keeps what it says.
    package let isPrimary: Bool
    /// This start: chosen at random, so that no other agent has it, nor this one after a restart.
    package let instance: AgentInstance
    /// Of the agent's program, for people.
    package let version: String
    /// Where this agent asks its own Kuma: usually on the loopback interface.
    package let address: NodeAddress
    /// What this agent does once another one that is alive is proven to report for the node.
    package var conflictPolicy: ConflictPolicy = .wait
    /// How long another agent's reports must go on before it counts as alive: beyond the last report of a dead one.
    package var conflictPatience = AgentReport.ownershipTTL
    /// Rise, fall and the two intervals (2 s and 0.5 s).
    package var judge = HealthJudge.Limits()
    /// FactsAboutKuma.md: a frozen database makes Kuma hang for 10 to 25 s, so this limit decides.
    package var probeTimeout: Duration = .seconds(5)
    /// Between two tries to prepare a schema that this user may not change, or to write a history that is locked: somebody has
    /// to act first.
    package var permissionRetry: Duration = .seconds(10)
    /// When the node's Kuma reads its assignments by itself.
    package var readings = KumaReadings()
    /// Between two connections of the tether: a node that drops it at once must not become a busy loop.
    package var tetherPause: Duration = .seconds(1)
    /// How long a shutdown waits for the farewell to be written.
    package var detachLimit: Duration = .seconds(2)

    package init(
        node: NodeID, name: String, host: String, isPrimary: Bool, instance: AgentInstance, version: String,
        address: NodeAddress
    ) {
        self.node = node
        self.name = name
        self.host = host
        self.isPrimary = isPrimary
        self.instance = instance
        self.version = version
        self.address = address
    }

    /// A beat goes out with every probe; when a hanging probe delays the next one, it goes out anyway after this, so
    /// that a frozen Kuma does not make its agent look dead (`REPORT_TTL` is 8 s).
    package var longestBeatPause: Duration { judge.steadyInterval * 1.25 }
    /// From a beat, which tells whether the node's monitors changed, to a pass over them: two passes a beat, so that a moved
    /// monitor starts within a second or so.
    package var passAfterBeat: Duration { judge.steadyInterval * 0.5 }
    /// From such a pass to the next one when no beat comes in between.
    package var passWithoutBeat: Duration { judge.steadyInterval * 0.75 }
}

/// Two agents report for one node id, and this one was told to end then.
package struct AgentConflict: Error, Equatable, CustomStringConvertible {
    package let node: NodeID
    /// The agent whose reports the row takes.
    package let other: AgentInstance

    package var description: String {
        "another agent (instance \(other)) reports for node \(node): two agents have the same node id"
    }
}
