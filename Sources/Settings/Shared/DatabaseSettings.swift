package import MariaDB
import Secrets

/// How to reach the database: `DB_*`, and beside a Kuma container its own `UPTIME_KUMA_DB_*`.
package struct DatabaseSettings: Sendable, Equatable {
    package enum TLSMode: String, Sendable, CaseIterable {
        case off, preferred, required, verified
    }

    package let options: ConnectionOptions

    /// Longer than this, a sequence of statements, each under its deadline, takes only when something in the process is
    /// stuck. Generous: what it ends is a whole balancer, which would go on forwarding without its database.
    package var longestSequence: Duration { max(options.readTimeout * 20, .seconds(120)) }

    private static let host = Setting<String>.text(
        "DB_HOST", aliases: ["UPTIME_KUMA_DB_HOSTNAME"],
        meaning: "Database hosts, tried in order: one server, a Galera cluster, or a primary and its standby.",
        expected: "`host` or `host:port`, comma-separated", fallback: "127.0.0.1", example: "db1,db2:3307")
    private static let port = Setting<Int>.integer(
        "DB_PORT", aliases: ["UPTIME_KUMA_DB_PORT"], meaning: "Port of every host that names none.",
        in: 1...65535, fallback: 3306)
    private static let user = Setting<String>.text(
        "DB_USER", aliases: ["UPTIME_KUMA_DB_USERNAME"], meaning: "Database user.", fallback: "kuma")
    private static let password = Setting<Secret?>.secret(
        "DB_PASSWORD", aliases: ["UPTIME_KUMA_DB_PASSWORD"], meaning: "Its password.")
    private static let name = Setting<String>.text(
        "DB_NAME", aliases: ["UPTIME_KUMA_DB_NAME"], meaning: "The database that Kuma uses.", fallback: "kuma")
    private static let socket = Setting<String?>.optionalText(
        "DB_SOCKET", aliases: ["UPTIME_KUMA_DB_SOCKET"],
        meaning: "Unix socket of a database on this machine; then `DB_HOST` and `DB_PORT` are not used.",
        expected: "a path", example: "/run/mysqld/mysqld.sock")
    private static let timeout = Setting<Duration>.span(
        "DB_TIMEOUT", meaning: "How long one statement, and one connection attempt, may take.", unit: .milliseconds,
        in: .milliseconds(1000)...(.milliseconds(60_000)), fallback: .milliseconds(5000))
    private static let tlsMode = Setting<TLSMode>.choice(
        "DB_TLS",
        meaning: "Encryption towards the database; `verified` also checks its certificate against `DB_TLS_CA`.",
        fallback: .off)
    private static let tlsCA = Setting<String?>.optionalText(
        "DB_TLS_CA", meaning: "CA certificates (PEM) for `DB_TLS=verified`.", expected: "a path",
        example: "/etc/ssl/certs/ca-certificates.crt")

    package static let descriptions = [
        host.description, port.description, user.description, password.description, name.description,
        socket.description, timeout.description, tlsMode.description, tlsCA.description,
    ]

    /// Reads the settings; problems stay in `reader`.
    package init(reading reader: inout SettingsReader) {
        let hostText = reader.read(DatabaseSettings.host)
        let port = UInt16(clamping: reader.read(DatabaseSettings.port))
        var hosts: [Host] = []
        do throws(InvalidHostList) {
            hosts = try Host.list(parsing: hostText, defaultPort: port)
        } catch {
            reader.refuse(DatabaseSettings.host.description, reason: error.description)
        }
        let user = reader.read(DatabaseSettings.user)
        let password = reader.read(DatabaseSettings.password) ?? Secret("")
        let name = reader.read(DatabaseSettings.name)
        let socket = reader.read(DatabaseSettings.socket)
        var options = ConnectionOptions(
            endpoint: socket.map { .unixSocket(path: $0) } ?? .hosts(hosts), user: user, password: password,
            database: name)
        let timeout = reader.read(DatabaseSettings.timeout)
        options.connectTimeout = timeout
        options.readTimeout = timeout
        options.writeTimeout = timeout
        // Below the read timeout, so that a slow statement costs an error and not the connection.
        options.statementTimeout = timeout * 0.8
        options.tls = DatabaseSettings.readTLS(&reader)
        self.options = options
    }

    private static func readTLS(_ reader: inout SettingsReader) -> ConnectionOptions.TLS {
        let mode = reader.read(tlsMode)
        let authority = reader.read(tlsCA)
        switch (mode, authority) {
        case (.verified, let path?): return .verified(caFile: path)
        case (.verified, nil):
            reader.refuse(tlsCA.description, reason: "is required with DB_TLS=verified")
            return .off
        case (.off, _): return .off
        case (.preferred, _): return .preferred
        case (.required, _): return .required
        }
    }
}
