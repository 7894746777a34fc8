import ClusterCore
import ControlPlane
import DataPlane
import Synchronization

/// P8: the routing table by itself, in this process: making and publishing it, a reactor's taking it over, and choosing.
struct TableWork {
    private let nodes: [NodeRecord]
    private let monitors: Int
    private let traffic: [NodeID: NodeTraffic]
    private let builder = RoutingTableBuilder(judge: HealthJudge.Limits())
    private static let rounds = 21
    private static let choices = 20_000

    init(nodes count: Int, monitors: Int) throws {
        let width = String(count).count
        nodes = try (0..<count).map { number in
            let digits = String(number)
            let id = try NodeID("node" + String(repeating: "0", count: width - digits.count) + digits)
            return NodeRecord(id: id, name: id.text, host: "10.0.\(number / 250).\(number % 250):3001")
        }
        self.monitors = monitors
        traffic = Dictionary(uniqueKeysWithValues: nodes.map { ($0.id, NodeTraffic()) })
    }

    /// Prints one line of JSON: medians in nanoseconds.
    func run() throws {
        let publisher = RoutingTablePublisher()
        let directory = NodeDirectory(policy: SelectionPolicy(connectionWeight: 1), seed: 1)
        for (index, node) in nodes.enumerated() {
            traffic[node.id]?.openConnections.store(20 + (index * 7) % 41, ordering: .relaxed)
        }
        var readings: [String: [Double]] = [:]
        for round in 1...TableWork.rounds {
            let assignments = assignments(round: round)
            var snapshot = ClusterSnapshot(nodes: [], isSetUp: true, assignments: [], readAt: .now)
            readings["snapshot", default: []].append(
                time { snapshot = ClusterSnapshot(nodes: nodes, isSetUp: true, assignments: assignments, readAt: .now) }
            )
            readings["publish", default: []].append(time { publish(snapshot, UInt64(round), to: publisher) })
            let table = publisher.table
            readings["takeover", default: []].append(time { _ = directory.update(to: table) })
            readings["choose", default: []].append(choose(directory) / Double(TableWork.choices))
        }
        let medians = readings.mapValues { $0.sorted()[$0.count / 2] }.sorted { $0.key < $1.key }
        print("{" + medians.map { "\"\($0.key)_ns\": \($0.value)" }.joined(separator: ", ") + "}")
    }

    /// Others in each round, so that every table differs from the one before.
    private func assignments(round: Int) -> [MonitorAssignment] {
        (0..<monitors).map { number in
            let home = NodeReference(nodes[number % nodes.count].id)
            let isAway = number % 17 == round % 17
            return MonitorAssignment(
                id: MonitorID(Int64(number + 1)), home: home,
                assigned: isAway ? NodeReference(nodes[(number + round) % nodes.count].id) : nil)
        }
    }

    /// What the control plane does after a poll that brought something new.
    private func publish(_ snapshot: ClusterSnapshot, _ generation: UInt64, to publisher: RoutingTablePublisher) {
        let spare = NodeTraffic()
        let entries = builder.nodes(
            of: snapshot, probed: { _ in .online }, resolved: { _ in .ipv4(octets: 0x7F00_0001, port: 3001) },
            traffic: { traffic[$0] ?? spare })
        guard
            RoutingTableBuilder.differs(
                entries, isSetupPending: false, monitors: snapshot.monitors, shortage: nil, from: publisher.table)
        else { return }
        publisher.publish(
            RoutingTable(
                generation: generation, isSetupPending: false, nodes: entries, monitorLimit: 1_000,
                monitors: snapshot.monitors))
    }

    /// Each choice adds a connection to the node that was chosen, and an old one ends: as under steady load.
    private func choose(_ directory: NodeDirectory) -> Double {
        let counters = nodes.compactMap { traffic[$0.id] }
        var leaving = 0
        return time {
            for _ in 0..<TableWork.choices {
                guard let chosen = directory.leastLoaded(now: 1) else { continue }
                chosen.openConnections.add(1, ordering: .relaxed)
                leaving = (leaving + 7) % counters.count
                if counters[leaving].openConnections.load(ordering: .relaxed) > 0 {
                    counters[leaving].openConnections.subtract(1, ordering: .relaxed)
                }
            }
        }
    }

    private func time(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return start.duration(to: .now) / .nanoseconds(1)
    }
}
