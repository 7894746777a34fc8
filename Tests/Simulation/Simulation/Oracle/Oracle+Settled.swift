import ClusterCore
import ClusterStore
import InMemoryClusterStore

/// What must be true when faults have stopped and time has passed.
extension Oracle {
    func checkSettled(reporting: Set<NodeID>) {
        let monitors = tables.monitors
        if monitors != known { fail(.reason, "at the end: \(Oracle.difference(known, monitors))") }
        let open = tables.openEntries
        checkJournal(open)
        checkOwners(monitors)
        if let job = tables.activeJob { fail(.settledJob, "job \(job.id) is still \(job.state.rawValue)") }
        for entry in open { checkHome(entry, monitors) }
        let counts = Oracle.counts(monitors)
        for node in reporting.sorted() {
            guard case .present(let record) = tables.sight(of: node.text) else { continue }
            let count = counts[NodeReference(node)] ?? 0
            if record.monitorCount != count {
                fail(.settledCount, "\(node) says \(record.monitorCount) monitors and runs \(count)")
            }
        }
    }

    private func checkOwners(_ monitors: [MonitorAssignment]) {
        let hasRefuge = tracks.values.contains { $0.standing == .fit || $0.standing == .reserve }
        guard hasRefuge else { return }
        for monitor in monitors where monitor.isActive {
            guard let node = monitor.effective else { continue }
            switch track(node).standing {
            case .fit, .reserve: break
            case .wavering, .lost, .absent, .unreadable, .leftAlone:
                fail(.settledOwner, "monitor \(monitor.id) stays with \(node), which is \(track(node).standing)")
            }
        }
    }

    private func checkHome(_ entry: OpenMove, _ monitors: [MonitorAssignment]) {
        guard let monitor = monitors.first(where: { $0.id == entry.monitor }) else {
            return fail(.settledReturn, "entry \(entry.id) is open for a deleted monitor")
        }
        guard monitor.assigned == NodeReference(entry.to) else {
            return fail(.settledReturn, "entry \(entry.id) is open for a monitor that a person moved")
        }
        guard let home = entry.previousAssigned ?? monitor.home else {
            return fail(.settledReturn, "entry \(entry.id) is open and leads nowhere")
        }
        if track(home).standing == .fit {
            fail(.settledReturn, "monitor \(entry.monitor) is still at \(entry.to), though its home \(home) is fit")
        }
    }
}
