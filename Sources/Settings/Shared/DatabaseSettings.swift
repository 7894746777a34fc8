package import MariaDB
import Secrets

/// How to reach the database: `DB_*`, and beside a Kuma container its own `UPTIME_KUMA_DB_*`.
package struct DatabaseSettings: Sendable, Equatable {
    /// `DB_TLS`; each as in `ConnectionOptions.TLS`.
    package enum TLSMode: String, Sendable, CaseIterable {
        case off, preferred, required, verified
    }

    /// The declarations, the same for every program that uses the database.
    package struct Keys: SettingGroup {
        let host = Setting<String>.text(
            "DB_HOST", "Database hosts, tried in order: one server, a Galera cluster, or a primary and its standby.",
            expected: "`host` or `host:port`, comma-separated", fallback: "127.0.0.1"
        ).alsoNamed("UPTIME_KUMA_DB_HOSTNAME").example("db1,db2:3307").shown(in: .service, .set)

        let port = Setting<Int>.integer(
            "DB_PORT", "Port of every host that names none.", in: 1...65535, fallback: 3306
        ).alsoNamed("UPTIME_KUMA_DB_PORT")

        let user = Setting<String>.text("DB_USER", "Database user.", fallback: "kuma")
            .alsoNamed("UPTIME_KUMA_DB_USERNAME").shown(in: .service, .set)

        let password = Setting<Secret?>.secret("DB_PASSWORD", "Its password.")
            .alsoNamed("UPTIME_KUMA_DB_PASSWORD").shown(in: .service, .set, value: "change-me")

        let name = Setting<String>.text("DB_NAME", "The database that Kuma uses.", fallback: "kuma")
            .alsoNamed("UPTIME_KUMA_DB_NAME").shown(in: .service, .set)

        let socket = Setting<String?>.optionalText(
            "DB_SOCKET", "Unix socket of a database on this machine; then `DB_HOST` and `DB_PORT` are not used.",
            expected: "a path"
        ).alsoNamed("UPTIME_KUMA_DB_SOCKET").example("/run/mysqld/mysqld.sock")

        let timeout = Setting<Duration>.span(
            "DB_TIMEOUT", "How long one statement, and one connection attempt, may take.", unit: .milliseconds,
            in: .milliseconds(1000)...(.milliseconds(60_000)), fallback: .milliseconds(5000))

        let tlsMode = Setting<TLSMode>.choice(
            "DB_TLS",
            "Encryption towards the database; `verified` also checks its certificate against `DB_TLS_CA`.",
            fallback: .off
        ).example("verified").shown(in: .service, .offered)

        let tlsCA = Setting<String?>.optionalText(
            "DB_TLS_CA", "CA certificates (PEM) for `DB_TLS=verified`.", expected: "a path"
        ).example("/etc/ssl/certs/ca-certificates.crt").shown(in: .service, .offered)

        package init() {}
    }

    /// As the settings have them; each program adds what is its own, such as `overloadPause` or `precedence`.
    package let options: ConnectionOptions

    /// Longer than this, a sequence of statements, each under its deadline, takes only when something in the process is
    /// stuck. Generous: what it ends is a whole balancer, which would go on forwarding without its database.
    package var longestSequence: Duration { max(options.readTimeout * 20, .seconds(120)) }

    /// Problems that only several settings together show stay in `reader`.
    package init(_ values: SettingValues<Keys>, _ reader: inout SettingsReader) {
        var hosts: [Host] = []
        do throws(InvalidHostList) {
            hosts = try Host.list(parsing: values.host, defaultPort: UInt16(clamping: values.port))
        } catch {
            reader.refuse(values.group.host, reason: error.description)
        }
        var options = ConnectionOptions(
            endpoint: values.socket.map { .unixSocket(path: $0) } ?? .hosts(hosts), user: values.user,
            password: values.password ?? Secret(""), database: values.name)
        options.connectTimeout = values.timeout
        options.readTimeout = values.timeout
        options.writeTimeout = values.timeout
        // Below the read timeout, so that a slow statement costs an error and not the connection.
        options.statementTimeout = values.timeout * 0.8
        options.tls = DatabaseSettings.tls(values, &reader)
        self.options = options
    }

    private static func tls(
        _ values: SettingValues<Keys>, _ reader: inout SettingsReader
    ) -> ConnectionOptions.TLS {
        switch (values.tlsMode, values.tlsCA) {
        case (.verified, let path?): return .verified(caFile: path)
        case (.verified, nil):
            reader.refuse(values.group.tlsCA, reason: "is required with DB_TLS=verified")
            return .off
        case (.off, _): return .off
        case (.preferred, _): return .preferred
        case (.required, _): return .required
        }
    }
}
