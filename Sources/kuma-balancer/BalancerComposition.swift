import BalancerSettings
import ClusterCore
import ClusterStore
import ControlAPI
import ControlPlane
import DataPlane
import Glibc
import MariaDB
import ServiceRuntime
import Settings
import Synchronization

/// From settings to the parts' own configurations. `self.` stands before those that are found by their declarations.
extension BalancerSettings {
    /// `LB_ID`, else host name, process id and a random part: a restarted balancer is never taken for its predecessor.
    func makeIdentity() -> BalancerID {
        if let identity = self.identity { return identity }
        let host = (HostName.own ?? "balancer").prefix(60)
        let random = String(UInt32.random(in: .min ... .max), radix: 16)
        return BalancerID(text: "\(host)-\(getpid())-\(random)")
    }

    func presence(of identity: BalancerID) -> BalancerPresence {
        BalancerPresence(id: identity, address: advertisedAddress, version: ProductVersion.text)
    }

    /// Where clients reach this balancer; an address that means "every interface" names this machine instead.
    private var advertisedAddress: String {
        guard let first = self.listen.first else { return "" }
        let isEveryInterface = first.ip == IPAddress(ipv4: 0) || first.ip == IPAddress(high: 0, low: 0)
        guard isEveryInterface, let host = HostName.own else { return first.description }
        return "\(host):\(first.port)"
    }

    var controlPlaneConfiguration: ControlPlaneConfiguration {
        var configuration = ControlPlaneConfiguration()
        configuration.silence.reportTTL = self.reportTTL
        configuration.leaseTTL = self.leaseTTL
        // Three chances to renew within one TTL.
        configuration.leaseRenewal = self.leaseTTL * 0.3
        configuration.flaps.hold = self.returnHold
        configuration.pacing = self.plannedMoves.limits
        configuration.monitorLimit = self.monitorLimit
        configuration.slowStart = SlowStart(over: self.slowStart)
        configuration.judge.steadyInterval = self.checkInterval
        configuration.judge.changingInterval = min(self.checkInterval / 4, configuration.judge.changingInterval)
        configuration.probeTimeout = self.checkTimeout
        configuration.suspectProbeTimeout = min(self.checkTimeout, configuration.suspectProbeTimeout)
        configuration.stateFile = self.stateFile
        return configuration
    }

    /// A check's connect has as long as a client's: a node that accepts later is none for clients, however
    /// long its health answer may take.
    static let connectLimit: Duration = .seconds(2)

    /// For the lease, the snapshot and the moves: one balancer's few statements go before those of a thousand agents, which have
    /// two seconds for each of theirs.
    var leadingOptions: ConnectionOptions {
        var options = database.options
        options.precedence = .first
        return options
    }

    /// For what people read, over a connection of its own. Nobody waits longer than some seconds for a page: a query that
    /// needs more is ended by the server, and those who queue behind it have their turn.
    var readingOptions: ConnectionOptions {
        var options = database.options
        options.statementTimeout = min(options.statementTimeout, .seconds(2))
        return options
    }

    func dataPlaneConfiguration(
        controlSocketPath: String, sockets: ActivationSockets
    ) -> DataPlaneConfiguration {
        var limits = DataPlaneLimits()
        if self.connectionLimit > 0 { limits.maxConnections = self.connectionLimit }
        limits.maxConnectionsPerClient = self.clientConnectionLimit
        limits.tunnelIdle = self.tunnelIdleLimit
        var configuration = DataPlaneConfiguration(
            listen: sockets.sockets.isEmpty || isListenSet ? self.listen.map(\.socketAddress) : [],
            reactors: self.reactorCount > 0 ? self.reactorCount : Processors.usable,
            controlSocketPath: controlSocketPath,
            selection: SelectionPolicy(
                connectionWeight: self.connectionWeight, slowStart: SlowStart(over: self.slowStart)),
            affinity: self.sessionAffinity, trustedProxies: self.trustedProxies, limits: limits)
        configuration.inherited = sockets.sockets.map(\.descriptor)
        configuration.proxyProtocol = self.proxyProtocol.dataPlaneMode
        return configuration
    }

    /// For systemd's watchdog: the reactors, the control loop, and its calls to the database. Not whole passes: one that
    /// moves thousands of monitors past locked rows may take minutes, and each of its calls ends by a deadline.
    func health(
        of dataPlane: DataPlane, _ controlPlane: ControlPlane, _ store: MariaDBClusterStore
    ) -> ServiceHealth {
        let reactors = dataPlane.facts.enumerated().map { number, facts in
            VitalSign("reactor \(number)", limit: .seconds(15)) { facts.turns.load(ordering: .relaxed) }
        }
        let control = [
            VitalSign("control loop", limit: .seconds(15)) { controlPlane.turns.load(ordering: .relaxed) },
            VitalSign("database passes", limit: database.longestSequence) { store.endedCalls },
        ]
        return ServiceHealth(
            signs: reactors + control, nudge: { dataPlane.nudge() },
            summary: {
                let open = dataPlane.facts.reduce(0) { $0 + $1.openConnections.load(ordering: .relaxed) }
                return "\(controlPlane.snapshot.summary); \(open) connections"
            })
    }

    func apiConfiguration(identity: BalancerID, socketPath: String) -> ControlAPIConfiguration {
        var configuration = ControlAPIConfiguration(
            socketPath: socketPath, balancer: identity, version: ProductVersion.text,
            adminToken: self.adminToken, adminAllowed: self.adminAllow,
            readingAllowed: self.apiAllow.isEmpty ? nil : self.apiAllow, connectionWeight: self.connectionWeight)
        configuration.trustedProxies = self.trustedProxies
        configuration.listen = self.listen.first.map { ($0.ip.text, $0.port) }
        configuration.settings = resolved.map {
            ShownSetting(
                key: $0.description.key, value: $0.shown, source: $0.origin, fallback: $0.description.defaultText)
        }
        return configuration
    }
}

extension ProxyProtocolMode {
    fileprivate var dataPlaneMode: ProxyProtocol {
        switch self {
        case .off: .off
        case .accept: .accept
        }
    }
}

/// The cores that are online; where a container may use fewer, set `LB_REACTORS`.
enum Processors {
    static var usable: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
