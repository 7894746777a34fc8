package import MariaDB

/// Why a private server is not there.
package enum PrivateMariaDBError: Error, Sendable, CustomStringConvertible {
    /// An executable is missing; the text says what to install.
    case notInstalled(executable: String)
    case cannotPrepare(reason: String)
    /// It ended, or did not answer in time; `log` is the end of its error log.
    case didNotStart(reason: String, log: String)
    case refused(MariaDBError)

    package var description: String {
        switch self {
        case .notInstalled(let executable):
            "\(executable) is not installed. Install it with: apt-get install mariadb-server"
        case .cannotPrepare(let reason): "cannot prepare a private database: \(reason)"
        case .didNotStart(let reason, let log): "the private mariadbd did not start: \(reason)\n\(log)"
        case .refused(let error): "the private mariadbd refused: \(error)"
        }
    }
}
