import CMariaDB

/// Translates `ConnectionOptions` into the library's options (mysql_options(3)).
enum SessionOptions {
    /// - Parameter connectTimeout: for TCP connect, TLS and log-in together.
    static func apply(
        _ options: ConnectionOptions, connectTimeout: Duration, to handle: UnsafeMutablePointer<MYSQL>
    ) {
        set(MYSQL_OPT_CONNECT_TIMEOUT, UInt32(connectTimeout.roundedUpSeconds), on: handle)
        set(MYSQL_OPT_READ_TIMEOUT, UInt32(options.readTimeout.roundedUpSeconds), on: handle)
        set(MYSQL_OPT_WRITE_TIMEOUT, UInt32(options.writeTimeout.roundedUpSeconds), on: handle)
        // No file of this machine is ever sent to a server that asks for it.
        set(MYSQL_OPT_LOCAL_INFILE, UInt32(0), on: handle)
        set(MYSQL_SET_CHARSET_NAME, "utf8mb4", on: handle)
        switch options.endpoint {
        case .hosts:
            // Otherwise the name "localhost" would mean the library's built-in Unix socket.
            set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue, on: handle)
            apply(options.tls, to: handle)
        case .unixSocket:
            set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_SOCKET.rawValue, on: handle)
        }
    }

    private static func apply(_ tls: ConnectionOptions.TLS, to handle: UnsafeMutablePointer<MYSQL>) {
        let (yes, no): (my_bool, my_bool) = (1, 0)
        switch tls {
        case .off:
            // Connector/C 3.4, unless built as Debian's, checks certificates when nobody says no, and asks for TLS to do so.
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, no, on: handle)
        case .preferred:
            mysql_ssl_set(handle, nil, nil, nil, nil, nil)
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, no, on: handle)
        case .required:
            mysql_ssl_set(handle, nil, nil, nil, nil, nil)
            set(MYSQL_OPT_SSL_ENFORCE, yes, on: handle)
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, no, on: handle)
            // Whoever strips TLS off must not be able to ask for the password in clear text either. None of these sends it;
            // `parsec` is MariaDB 11.6's, and its plugin comes with Connector/C 3.4.
            set(
                MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519,caching_sha2_password,parsec",
                on: handle)
        case .verified(let caFile):
            set(MYSQL_OPT_SSL_CA, caFile, on: handle)
            set(MYSQL_OPT_SSL_ENFORCE, yes, on: handle)
            set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, yes, on: handle)
        }
    }

    private static func set(
        _ option: mysql_option, _ value: some BitwiseCopyable, on handle: UnsafeMutablePointer<MYSQL>
    ) {
        // SAFETY: the library copies the value during the call; its size is the one mysql_options(3) names for `option`.
        withUnsafeBytes(of: value) { _ = mysql_options(handle, option, $0.baseAddress) }
    }

    private static func set(_ option: mysql_option, _ text: String, on handle: UnsafeMutablePointer<MYSQL>) {
        // SAFETY: the library copies the text during the call.
        text.withCString { _ = mysql_options(handle, option, $0) }
    }
}
