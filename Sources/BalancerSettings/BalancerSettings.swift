package import ClusterCore
package import Secrets
package import Settings

/// Everything kuma-balancer is configured by, parsed once.
package struct BalancerSettings: Sendable {
    package let database: DatabaseSettings
    package let listen: [ListenAddress]
    /// Where the API alone is served, too.
    package let adminListen: ListenAddress?
    /// Whether `LB_LISTEN` was given at all.
    package let isListenSet: Bool
    /// 0: as many as the machine has cores.
    package let reactorCount: Int
    package let monitorLimit: Int
    package let connectionWeight: Double
    /// Zero: a new node takes its whole share at once.
    package let slowStart: Duration
    package let sessionAffinity: SessionAffinity
    /// 0: from the descriptor limit.
    package let connectionLimit: Int
    /// 0: no limit.
    package let clientConnectionLimit: Int
    package let proxyProtocol: ProxyProtocolMode
    package let trustedProxies: [AddressRange]
    package let tunnelIdleLimit: Duration
    package let checkInterval: Duration
    package let checkTimeout: Duration
    package let reportTTL: Duration
    package let returnHold: Duration
    package let plannedMoves: PlannedMoveTiming
    package let leaseTTL: Duration
    /// Nil: the last good table is not kept.
    package let stateFile: String?
    package let adminToken: Secret?
    package let adminAllow: [AddressRange]
    /// Empty: everybody.
    package let apiAllow: [AddressRange]
    /// Nil: host name, process id and a random part.
    package let identity: BalancerID?
    package let accessLog: AccessLogTarget
    package let log: LogSettings
    /// As read, for `check-config` and the debug view.
    package let resolved: [ResolvedSetting]

    package static let catalogue = SettingCatalogue(
        DatabaseSettings.descriptions
            + [
                Keys.listen.description, Keys.adminListen.description, Keys.reactors.description,
                Keys.monitorLimit.description, Keys.connectionWeight.description, Keys.slowStart.description,
                Keys.sessionAffinity.description,
                Keys.connections.description, Keys.clientConnections.description, Keys.proxyProtocol.description,
                Keys.trustedProxies.description, Keys.tunnelIdle.description, Keys.checkInterval.description,
                Keys.checkTimeout.description, Keys.reportTTL.description, Keys.returnHold.description,
                Keys.plannedMoves.description,
                Keys.leaseTTL.description, Keys.stateFile.description, Keys.adminToken.description,
                Keys.adminAllow.description, Keys.apiAllow.description, Keys.identity.description,
                Keys.accessLog.description,
            ] + Keys.log.descriptions)

    /// - Parameter neighbours: catalogues whose keys may stand in the same environment file.
    /// - Throws: `ConfigurationError` with every problem, together.
    package init(from input: SettingInput, neighbours: [SettingCatalogue] = []) throws(ConfigurationError) {
        var reader = SettingsReader(input, catalogue: BalancerSettings.catalogue, neighbours: neighbours)
        database = DatabaseSettings(reading: &reader)
        listen = reader.read(Keys.listen)
        isListenSet = reader.resolved.last?.origin != SettingsReader.defaultOrigin
        adminListen = reader.read(Keys.adminListen)
        if listen.isEmpty { reader.refuse(Keys.listen.description, reason: "names no address") }
        reactorCount = reader.read(Keys.reactors)
        monitorLimit = reader.read(Keys.monitorLimit)
        connectionWeight = reader.read(Keys.connectionWeight)
        slowStart = reader.read(Keys.slowStart)
        sessionAffinity = reader.read(Keys.sessionAffinity)
        connectionLimit = reader.read(Keys.connections)
        clientConnectionLimit = reader.read(Keys.clientConnections)
        proxyProtocol = reader.read(Keys.proxyProtocol)
        trustedProxies = reader.read(Keys.trustedProxies)
        if proxyProtocol == .accept, trustedProxies.isEmpty {
            reader.refuse(
                Keys.proxyProtocol.description,
                reason: "is accept, but LB_TRUSTED_PROXIES names nobody to accept it from")
        }
        tunnelIdleLimit = reader.read(Keys.tunnelIdle)
        checkInterval = reader.read(Keys.checkInterval)
        checkTimeout = reader.read(Keys.checkTimeout)
        reportTTL = reader.read(Keys.reportTTL)
        returnHold = reader.read(Keys.returnHold)
        plannedMoves = reader.read(Keys.plannedMoves)
        leaseTTL = reader.read(Keys.leaseTTL)
        stateFile = reader.read(Keys.stateFile)
        adminToken = reader.read(Keys.adminToken)
        adminAllow = reader.read(Keys.adminAllow)
        apiAllow = reader.read(Keys.apiAllow)
        identity = reader.read(Keys.identity)
        accessLog = reader.read(Keys.accessLog)
        log = LogSettings(reading: &reader, keys: Keys.log)
        resolved = reader.resolved
        try reader.finish()
    }
}

/// `LB_PROXY_PROTOCOL`.
package enum ProxyProtocolMode: String, CaseIterable, Sendable {
    case off, accept
}
