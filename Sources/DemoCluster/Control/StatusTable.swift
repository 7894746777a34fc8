/// `kuma-demo status` for people: a table.
package enum StatusTable {
    /// Ends with a line feed; `?` stands for what the database does not answer, or has no row for.
    package static func render(_ status: DemoStatus) -> String {
        var rows = [["NODE", "STATUS", "MONITORS", "BEATS/10s", "KUMA", "AGENT", "ADDRESS"]]
        for node in status.nodes {
            rows.append([
                node.id, node.status ?? "?", node.monitors.map(String.init) ?? "?",
                node.recentBeats.map(String.init) ?? "?", describe(node.kuma), describe(node.agent), node.address,
            ])
        }
        var text = table(rows) + "\n"
        text += table(
            [["BALANCER", "PROCESS", "URL"]]
                + status.balancers.map { [$0.process.name, describe($0.process), $0.url] })
        text += "\ndatabase  \(describe(status.database.process))  \(status.database.host):\(status.database.port)\n"
        for measurement in status.measurements { text += MeasurementText.line(measurement) + "\n" }
        return text
    }

    private static func describe(_ process: DemoStatus.Process) -> String {
        switch process.state {
        case .running: process.pid.map { "pid \($0)" } ?? "running"
        case .frozen: process.pid.map { "pid \($0) frozen" } ?? "frozen"
        case .killed: "killed"
        case .crashed: "crashed"
        }
    }

    private static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}

/// A measurement in words, the same in the stream and in the table.
package enum MeasurementText {
    /// Without a full stop.
    package static func line(_ measurement: DemoStatus.Measurement) -> String {
        let time = seconds(measurement.seconds)
        switch measurement.kind {
        case .launch: return "all \(measurement.monitors) monitors run and every node is online after \(time)"
        case .failover: return "all \(measurement.monitors) monitors of \(measurement.node) run elsewhere after \(time)"
        case .comeback: return "all \(measurement.monitors) monitors of \(measurement.node) are back after \(time)"
        }
    }

    /// With one decimal.
    package static func seconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
