package import Settings

/// Everything kuma-balancer is configured by, parsed once. What is not said here is read as it is declared:
/// `settings.leaseTTL` is the value of `Keys.leaseTTL`.
@dynamicMemberLookup
package struct BalancerSettings: Sendable {
    private let values: SettingValues<Keys>
    package let database: DatabaseSettings
    /// Whether `LB_LISTEN` was given at all.
    package let isListenSet: Bool
    package let log: LogSettings
    /// As read, for `check-config` and the API's debug page.
    package let resolved: [ResolvedSetting]

    /// What flags, `--help`, the page, the env examples and the API's debug page are made from.
    package static let catalogue = SettingCatalogue(of: Keys())

    /// - Parameter neighbours: catalogues whose keys may stand in the same environment file.
    /// - Throws: `ConfigurationError` with every problem, together.
    package init(from input: SettingInput, neighbours: [SettingCatalogue] = []) throws(ConfigurationError) {
        var reader = SettingsReader(input, catalogue: BalancerSettings.catalogue, neighbours: neighbours)
        values = reader.read(Keys())
        database = DatabaseSettings(values.database, &reader)
        log = LogSettings(values.log)
        isListenSet = reader.isSet(values.group.listen)
        if values.proxyProtocol == .accept, values.trustedProxies.isEmpty {
            reader.refuse(
                values.group.proxyProtocol,
                reason: "is accept, but LB_TRUSTED_PROXIES names nobody to accept it from")
        }
        resolved = reader.resolved
        try reader.finish()
    }

    /// What was read, or the declaration's fallback.
    package subscript<Value>(dynamicMember key: KeyPath<Keys, Setting<Value>>) -> Value {
        values[dynamicMember: key]
    }
}
