import ClusterCore
import ClusterStore
import ControlPlane

/// `kuma_cluster_*`: the cluster as this balancer knows it; and, as `kuma_balancer_*`, what this balancer itself did for it,
/// which is to be summed over all balancers.
struct ClusterMetrics: Sendable {
    private typealias Label = Exposition.Label
    private typealias Sample = Exposition.Sample

    let snapshot: ControlPlaneSnapshot
    let followers: Int

    func write(into text: inout Exposition, at moment: Moment) {
        nodes(&text)
        monitors(&text)
        leadership(&text)
        database(&text, moment)
        work(&text)
    }

    private func nodes(_ text: inout Exposition) {
        func samples(_ value: (NodeSnapshot) -> Double?) -> [Sample] {
            snapshot.nodes.compactMap { node in
                value(node).map { Sample($0, [Label("node_id", node.record.id.text)]) }
            }
        }
        func add(_ name: String, _ help: String, _ value: (NodeSnapshot) -> Double?) {
            text.add("kuma_cluster_node_" + name, .gauge, help, samples(value))
        }
        add("routable", "Whether clients without a pin may be sent to the node.") { $0.isRoutable ? 1 : 0 }
        text.add(
            "kuma_cluster_node_status", .gauge, "1 for the status that the node has, 0 for the others.",
            snapshot.nodes.flatMap { node in
                NodeStatus.allCases.map { status in
                    Sample(
                        node.record.status == status,
                        [Label("node_id", node.record.id.text), Label("status", status.rawValue)])
                }
            })
        text.add(
            "kuma_cluster_node_admin_state", .gauge, "1 for the state that a person gave the node, 0 for the others.",
            snapshot.nodes.flatMap { node in
                AdminWord.shownWords.map { word in
                    Sample(
                        node.record.adminState.shown == word,
                        [Label("node_id", node.record.id.text), Label("admin_state", word)])
                }
            })
        add("ejected", "Whether this balancer passes the node over because it refused a connect.") {
            $0.isEjected ? 1 : 0
        }
        add("silent", "Whether the leader speaks for the node because its agent does not report.") {
            $0.speaker == .balancer ? 1 : 0
        }
        add("monitors", "Active monitors that the node runs.") { Double($0.monitorCount) }
        add("home_monitors", "Active monitors whose home the node is.") { Double($0.homeCount) }
        add("visiting_monitors", "Active monitors that the node runs for others.") { Double($0.visitingCount) }
        add("report_age_seconds", "Since the node's agent last reported.") { $0.record.reportAge?.seconds }
        add("probe_seconds", "What this balancer's last health check of the node took.") {
            $0.probe?.last.duration.seconds
        }
        add("flaps", "Times the node went offline in the last ten minutes.") { Double($0.flaps) }
    }

    private func monitors(_ text: inout Exposition) {
        text.add(
            "kuma_cluster_monitor_limit", .gauge, "Monitors above which a node gets no more.", snapshot.monitorLimit)
        text.add(
            "kuma_cluster_unassigned_monitors", .gauge, "Active monitors without any node.", snapshot.unassignedCount)
        text.add(
            "kuma_cluster_orphaned_monitors", .gauge, "Active monitors whose node does not exist.",
            snapshot.orphanedCount)
    }

    private func leadership(_ text: inout Exposition) {
        let leadership = snapshot.leadership
        text.add(
            "kuma_cluster_lease_held", .gauge, "Whether this balancer is the leader.", [Sample(leadership.isSelf)])
        text.add(
            "kuma_cluster_lease_epoch", .gauge, "How often the lease changed hands.",
            leadership.epoch.map { [Sample(Double($0))] } ?? [])
        text.add(
            "kuma_cluster_lease_remaining_seconds", .gauge, "Until the lease runs out, whoever holds it.",
            leadership.expiresIn.map { [Sample($0.seconds)] } ?? [])
        text.add("kuma_cluster_balancers", .gauge, "Balancers seen in the last hour.", leadership.balancers.count)
        text.add(
            "kuma_cluster_paused", .gauge, "Whether a person stopped automatic moves.",
            [Sample(snapshot.orders.activePause != nil)])
    }

    private func database(_ text: inout Exposition, _ moment: Moment) {
        text.add(
            "kuma_cluster_database_reachable", .gauge, "Whether the database answered last.",
            [Sample(snapshot.database.isReachable)])
        text.add(
            "kuma_cluster_state_age_seconds", .gauge, "Since the tables were last read.",
            snapshot.database.lastRead.map { [Sample($0.duration(to: moment.instant).seconds)] } ?? [])
        text.add(
            summary: "kuma_cluster_database_poll_seconds", "Readings of the tables, and how long the database took.",
            count: snapshot.passes.polls, seconds: snapshot.passes.pollTime.seconds)
        text.add(
            "kuma_balancer_passes_total", .counter, "Passes through the database that came to their end.",
            snapshot.passes.count)
        text.add(
            "kuma_balancer_passes_failed_total", .counter, "Passes that the database ended.", snapshot.passes.failures)
        text.add(
            "kuma_cluster_table_generation", .gauge, "Of the routing table in use; grows with each change.",
            [Sample(Double(snapshot.tableGeneration))])
    }

    private func work(_ text: inout Exposition) {
        text.add(
            "kuma_balancer_monitors_moved_total", .counter, "Monitors that this balancer moved as the leader.",
            MoveReason.allCases.map { Sample(snapshot.moves.moved[$0] ?? 0, [Label("reason", $0.rawValue)]) })
        text.add(
            "kuma_balancer_monitors_returned_total", .counter, "Monitors that this balancer gave back as the leader.",
            snapshot.moves.returned)
        text.add(
            "kuma_cluster_rebalance_remaining", .gauge, "Monitors that the running rebalancing has still to move.",
            snapshot.orders.job.map { $0.isActive ? $0.remaining : 0 } ?? 0)
        text.add(
            "kuma_balancer_health_checks_total", .counter, "Health checks that this balancer made, by what they found.",
            [
                Sample(snapshot.checks.successes, [Label("result", "success")]),
                Sample(snapshot.checks.failures, [Label("result", "failure")]),
            ])
        text.add(
            "kuma_balancer_event_followers", .gauge, "Clients that follow the events of this balancer live.", followers)
    }
}
