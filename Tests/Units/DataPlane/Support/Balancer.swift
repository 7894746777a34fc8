import ClusterCore
import DataPlane
import Foundation
import Logging
import Synchronization
import Waiting

/// A data plane on a free port, with a table that the test changes.
final class Balancer: Sendable {
    /// One node as a test wants it.
    struct Node: Sendable {
        var id: String
        var port: UInt16?
        var status = NodeStatus.online
        var adminState = AdminWord.known(.active)
        var isReachable = true
        var isPrimary = false
        var monitors = 0
    }

    let publisher = RoutingTablePublisher()
    let serving = ServingState()
    let log = CollectedLog()
    let plane: DataPlane
    var port: UInt16 { plane.boundAddresses[0].port }
    private let traffic = Mutex<[String: NodeTraffic]>([:])

    init(
        _ nodes: [Node], listenPort: UInt16 = 0, inherited: [Int32] = [], reactors: Int = 2,
        controlSocketPath: String = "/nonexistent/control.sock",
        connectionWeight: Double = 0, trustedProxies: [AddressRange] = [], proxyProtocol: ProxyProtocol = .off,
        isSetupPending: Bool = false, affinity: SessionAffinity = .sid, slowStart: Duration = .zero,
        accessLog: AccessLog? = nil,
        limits change: (inout DataPlaneLimits) -> Void = { _ in }
    ) throws {
        var limits = DataPlaneLimits()
        limits.maxConnections = 1000
        change(&limits)
        var configuration = DataPlaneConfiguration(
            listen: [.ipv4(octets: 0x7F00_0001, port: listenPort)], reactors: reactors,
            controlSocketPath: controlSocketPath,
            selection: SelectionPolicy(connectionWeight: connectionWeight, slowStart: SlowStart(over: slowStart)),
            affinity: affinity, trustedProxies: trustedProxies, limits: limits)
        configuration.proxyProtocol = proxyProtocol
        configuration.inherited = inherited
        let log = log
        plane = DataPlane(
            configuration: configuration, publisher: publisher, serving: serving, accessLog: accessLog,
            logger: Logger(label: "test") { _ in CollectingLogHandler(log) })
        // Before the first client: it may be waiting on a port or socket that somebody else served until now.
        try publish(nodes, isSetupPending: isSetupPending)
        try plane.start()
    }

    deinit { plane.stop() }

    func publish(_ nodes: [Node], isSetupPending: Bool = false, monitors: MonitorIndex = .empty) throws {
        let rows = try nodes.map { node in
            RoutingNode(
                id: try NodeID(node.id), hostName: "host-of-\(node.id)",
                address: node.port.map { .ipv4(octets: 0x7F00_0001, port: $0) }, status: node.status,
                effects: node.adminState.effects, isReachable: node.isReachable, isPrimary: node.isPrimary,
                monitorCount: node.monitors, traffic: traffic(of: node.id))
        }
        publisher.publish(
            RoutingTable(
                generation: publisher.generation + 1, isSetupPending: isSetupPending,
                nodes: rows.sorted { $0.id < $1.id }, monitorLimit: 1000, monitors: monitors))
    }

    func traffic(of id: String) -> NodeTraffic {
        traffic.withLock { all in
            if let known = all[id] { return known }
            let new = NodeTraffic()
            all[id] = new
            return new
        }
    }

    func connect(receiveBufferBytes: Int32? = nil) throws -> TestSocket {
        try TestSocket.connect(port: port, receiveBufferBytes: receiveBufferBytes)
    }

    /// The clock of the data plane's deadlines.
    static var monotonicNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// A counter's sum over the reactors.
    func sum(_ fact: (TrafficFacts) -> Int) -> Int { plane.facts.reduce(0) { $0 + fact($1) } }

    var openConnections: Int { sum { $0.openConnections.load(ordering: .acquiring) } }
    var openTunnels: Int { sum { $0.openTunnels.load(ordering: .acquiring) } }

    var leasedPipes: Int { sum { $0.leasedPipes.load(ordering: .acquiring) } }

    /// Waits until every gauge is back at zero: what was opened is closed, what was counted is uncounted.
    func expectBalanced() throws {
        try blockUntil("all gauges at zero") {
            openConnections == 0 && openTunnels == 0 && leasedPipes == 0
                && traffic.withLock { $0.values.allSatisfy { $0.openConnections.load(ordering: .acquiring) == 0 } }
        }
    }
}
