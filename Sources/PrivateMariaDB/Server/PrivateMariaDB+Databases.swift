package import MariaDB
package import Secrets
import Synchronization

extension PrivateMariaDB {
    /// What a made user may do in its database.
    package enum Rights: Sendable {
        case all
        /// Reads and writes rows, and may not CREATE or ALTER.
        case rowsOnly
        /// May log in, and nothing else.
        case nothing
    }

    /// Options of the all-powerful user, over the Unix socket.
    package func rootOptions(database: String? = nil) -> ConnectionOptions {
        ConnectionOptions(endpoint: .unixSocket(path: socketPath), user: "root", database: database)
    }

    /// Options of a made user, over TCP.
    package func options(user: String, password: Secret, database: String) -> ConnectionOptions {
        ConnectionOptions(
            hosts: [Host("127.0.0.1", port: port)], user: user, password: password, database: database)
    }

    /// Makes an empty database with a name nobody else has.
    package func makeDatabase() async throws(PrivateMariaDBError) -> String {
        let name = "cluster_\(UInt64.random(in: .min ... .max))"
        try await makeDatabase(name)
        return name
    }

    /// Makes an empty database.
    package func makeDatabase(_ name: String) async throws(PrivateMariaDBError) {
        let database = try identifier(name)
        try await asRoot { connection async throws(MariaDBError) in
            try await connection.execute(Statement("CREATE DATABASE ", database, " CHARACTER SET utf8mb4"))
        }
    }

    /// Makes a user that may log in over TCP and over the socket, and work on `database`.
    package func makeUser(
        _ name: String, password: Secret, database: String, rights: Rights = .all
    ) async throws(PrivateMariaDBError) {
        let (user, database) = (try identifier(name), try identifier(database))
        try await asRoot { connection async throws(MariaDBError) in
            try await connection.execute(Statement("CREATE USER ", user, "@'%'"))
            try await connection.execute(Statement("CREATE USER ", user, "@'localhost'"))
            // A password cannot be bound in CREATE USER; it can in the table behind it.
            try await connection.execute(
                """
                UPDATE mysql.global_priv SET priv = JSON_SET(priv, '$.plugin', 'mysql_native_password',
                    '$.authentication_string', PASSWORD(?)) WHERE User = ?
                """, [.text(password.revealed), .text(name)])
            try await connection.execute("FLUSH PRIVILEGES")
            switch rights {
            case .all:
                try await connection.execute(
                    Statement("GRANT ALL PRIVILEGES ON ", database, ".* TO ", user, "@'%'"))
                try await connection.execute(
                    Statement("GRANT ALL PRIVILEGES ON ", database, ".* TO ", user, "@'localhost'"))
            case .nothing: break
            case .rowsOnly:
                try await connection.execute(
                    Statement("GRANT SELECT, INSERT, UPDATE, DELETE ON ", database, ".* TO ", user, "@'%'"))
                try await connection.execute(
                    Statement("GRANT SELECT, INSERT, UPDATE, DELETE ON ", database, ".* TO ", user, "@'localhost'"))
            }
        }
    }

    private func identifier(_ name: String) throws(PrivateMariaDBError) -> Identifier {
        guard let identifier = Identifier(name) else { throw .cannotPrepare(reason: "\"\(name)\" is no plain name") }
        return identifier
    }

    private func asRoot(
        _ work: (Connection) async throws(MariaDBError) -> Void
    ) async throws(PrivateMariaDBError) {
        let connection = Connection(rootOptions())
        do throws(MariaDBError) { try await work(connection) } catch {
            await connection.close()
            throw .refused(error)
        }
        await connection.close()
    }
}
