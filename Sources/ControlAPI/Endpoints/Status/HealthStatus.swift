import ClusterCore
import ClusterStore
import ControlPlane
import Logging

/// Statistics of health checks, and what happened to nodes.
struct HealthStatus: WholeAnswer {
    struct Happening: AnswerObject {
        let at: TimeText
        let node: NodeID?
        let kind: ClusterEvent.Kind
        let detail: String
        let moved: Int

        init(_ recorded: RecordedEvent) {
            at = TimeText(recorded.at)
            node = recorded.event.node
            kind = recorded.event.kind
            detail = recorded.event.detail
            moved = recorded.event.monitorCount
        }

        static let fields = AnswerFields<Self> {
            $0.field("at", \.at, "When, by the database's clock.")
            $0.field("node_id", \.node, "The node it is about.")
            $0.field("kind", \.kind, "As /lb/events has it.")
            $0.field("detail", \.detail, "For people.")
            $0.field("moved", \.moved, "Monitors that it moved.")
        }
    }

    struct Heartbeat: AnswerObject {
        enum Source: String, AnswerWord {
            case agent
            case fallback = "default"
        }

        let age: Duration
        let interval: Duration
        let source: Source
        let missed: Int

        static let fields = AnswerFields<Self> {
            $0.field("age_ms", \.age, "Since the node's agent last reported.")
            $0.field("interval_ms", \.interval, "How often it means to.")
            $0.field("interval_from", \.source, "Whether its agent reports that, or the default is taken.")
            $0.field("missed", \.missed, "Reports that are overdue by that interval.")
        }
    }

    let counts: CheckCounts
    let isDebugging: Bool
    let history: [Happening]
    let heartbeats: AnswerMap<Heartbeat>

    static let meaning =
        "Checks, history and heartbeats; `missed` by `interval_ms`: its agent's own, or the default for an agent that does not "
        + "report it."
    static let fields = AnswerFields<Self> {
        $0.include(\.counts)
        $0.field("debug_enabled", \.isDebugging, "Whether the log has debug entries.")
        $0.field("history", \.history, "The last events, newest first; /lb/events has them all.")
        $0.field("heartbeats", \.heartbeats, "By node, of those whose agent ever reported.")
    }

    static func answer(_ request: APIRequest, _ sources: AnswerSources) async -> MarkedAnswer<HealthStatus> {
        let (snapshot, moment) = (sources.control.snapshot, Moment.now)
        var marks = snapshot.staleMarks(moment)
        var events = snapshot.history.events
        // What is away is not waited for.
        if !marks.isStale {
            do throws(StoreError) {
                events = try await sources.control.events(EventQuery(limit: RememberedHistory.rows))
            } catch {
                marks = .stale
            }
        }
        let status = HealthStatus(
            counts: CheckCounts(snapshot.checks, at: moment), isDebugging: sources.logger.logLevel <= .debug,
            history: events.map(Happening.init),
            heartbeats: AnswerMap(
                entries: snapshot.nodes.compactMap { node in
                    heartbeat(of: node).map { (name: node.record.id.text, value: $0) }
                }))
        return MarkedAnswer(content: status, marks: marks)
    }

    /// What an agent beats by unless its `AGENT_INTERVAL` says otherwise: for those too old to report it. This balancer's
    /// own `HEALTH_CHECK_INTERVAL` has nothing to do with it.
    private static let usualBeat = HealthJudge.Limits().steadyInterval

    /// Nil for a node whose agent never reported.
    private static func heartbeat(of node: NodeSnapshot) -> Heartbeat? {
        // Less than nothing when the database's clock stepped back since.
        guard let age = node.record.reportAge.map({ max($0, .zero) }) else { return nil }
        let interval = node.record.agentInterval ?? usualBeat
        return Heartbeat(
            age: age, interval: interval, source: node.record.agentInterval == nil ? .fallback : .agent,
            // An agent's beats are spread by a tenth, so that agents do not beat together; one that is late by less is
            // not missed.
            missed: Int(age / (interval * 1.1)))
    }
}
