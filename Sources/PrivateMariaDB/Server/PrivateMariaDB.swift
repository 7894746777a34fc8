// Database servers for the demo and the tests, which end with their parent. Never for a database that anybody wants to keep.

import ChildProcesses
import Glibc
import MariaDB
import Synchronization

/// A MariaDB server of our own: in a temporary directory, on a Unix socket and a free port of 127.0.0.1, fast and
/// forgetful. It ends with this process, however that ends, and its directory is removed by `stop()` or at exit(3).
package final class PrivateMariaDB: Sendable {
    /// How a server is made, and how it is started each time.
    package struct Settings: Sendable {
        /// Where the temporary directory is made.
        package var parentDirectory = "/tmp"
        /// `max_connections`; MariaDB's own default is 151.
        package var maximumConnections = 400
        /// Further options of mariadbd(8), such as `--log-bin`.
        package var extraArguments: [String] = []
        /// Further ones of the first start only, such as `--wsrep-new-cluster`.
        package var firstArguments: [String] = []
        /// Where mariadbd finds scripts of ours, before the system's.
        package var executables: String?
        /// Of another server that does not run: its data is where this one begins.
        package var original: PrivateMariaDB?
        /// For the first start and every restart; a slow, busy machine needs a few seconds.
        package var startTimeout: Duration = .seconds(30)

        package init() {}
    }

    private let settings: Settings
    private let executable: String
    private let directory: ServerDirectory
    /// Where it listens on 127.0.0.1.
    package let port: UInt16
    private let running = Mutex<ChildProcess?>(nil)

    /// The Unix socket's path.
    package var socketPath: String { directory.socket }
    /// Set while the process runs; for a test that looks at it from outside.
    package var processID: Int32? { running.withLock { $0?.processID } }

    /// One server for all tests of a process, started on first use and ended at exit.
    package static func shared() async throws(PrivateMariaDBError) -> PrivateMariaDB {
        try await sharedStart.value.get()
    }

    private static let sharedStart = Task { () -> Result<PrivateMariaDB, PrivateMariaDBError> in
        do throws(PrivateMariaDBError) { return .success(try await PrivateMariaDB.start()) } catch {
            return .failure(error)
        }
    }

    private init(settings: Settings) throws(PrivateMariaDBError) {
        self.settings = settings
        executable = try Executables.find("mariadbd")
        directory = try ServerDirectory(under: settings.parentDirectory)
        do { port = try ReservedPorts.take(1)[0] } catch {
            directory.remove()
            throw .cannotPrepare(reason: "\(error)")
        }
    }

    /// Makes the data directory (measured: 0.4 s) and starts the server; returns when it answers.
    /// - Throws: `.notInstalled` naming the package, or what the server's log says.
    package static func start(_ settings: Settings = Settings()) async throws(PrivateMariaDBError) -> PrivateMariaDB {
        let installer = try Executables.find("mariadb-install-db")
        let server = try PrivateMariaDB(settings: settings)
        do throws(PrivateMariaDBError) {
            if let original = settings.original {
                try server.directory.copyData(of: original.directory)
            } else {
                try await server.makeDataDirectory(with: installer)
            }
            try await server.launch(settings.firstArguments)
        } catch {
            await server.stop()
            throw error
        }
        return server
    }

    private func makeDataDirectory(with installer: String) async throws(PrivateMariaDBError) {
        let arguments = [
            "--no-defaults", "--datadir=\(directory.data)", "--auth-root-authentication-method=normal",
            "--skip-test-db", "--debug-no-sync", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-data-file-path=ibdata1:12M:autoextend", "--innodb-log-file-size=16M",
        ]
        let process = try spawn(installer, arguments + Executables.userArgument)
        guard await process.end(after: settings.startTimeout) == .code(0) else {
            throw .didNotStart(reason: "mariadb-install-db failed", log: directory.logTail())
        }
    }

    private func spawn(_ path: String, _ arguments: [String]) throws(PrivateMariaDBError) -> ChildProcess {
        let own = settings.executables.map { $0 + ":" } ?? ""
        let command = ChildProcess.Command(
            path: path, arguments: arguments,
            environment: [
                "PATH": own + "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory.path, "TMPDIR": directory.path,
            ],
            output: .file(path: directory.log))
        do { return try ChildProcess.start(command) } catch { throw .cannotPrepare(reason: "\(error)") }
    }

    private var serverArguments: [String] {
        [
            "--no-defaults", "--datadir=\(directory.data)", "--socket=\(directory.socket)", "--port=\(port)",
            "--bind-address=127.0.0.1", "--pid-file=\(directory.processFile)", "--skip-name-resolve",
            "--character-set-server=utf8mb4", "--max-connections=\(settings.maximumConnections)",
            // Nothing here must survive a power cut; everything must survive a killed server: hence 2, which hands each
            // commit to the kernel, and not 0, which may lose the last second. --debug-no-sync is not for InnoDB, whose
            // CREATE TABLE took above 5 s of fsync(2) on a disk that was busy with a build.
            "--skip-log-bin", "--debug-no-sync", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2",
            "--innodb-data-file-path=ibdata1:12M:autoextend", "--innodb-log-file-size=16M",
            "--innodb-buffer-pool-size=64M", "--innodb-buffer-pool-dump-at-shutdown=OFF",
            "--innodb-buffer-pool-load-at-startup=OFF", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M",
            "--performance-schema=OFF",
        ] + Executables.userArgument + settings.extraArguments
    }

    private func launch(_ arguments: [String] = []) async throws(PrivateMariaDBError) {
        let process = try spawn(executable, serverArguments + arguments)
        running.withLock { $0 = process }
        LeftoverRemoval.note(process, in: directory)
        let connection = Connection(rootOptions())
        let deadline = ContinuousClock.now + settings.startTimeout
        while true {
            do {
                _ = try await connection.query("SELECT 1")
                await connection.close()
                return
            } catch {
                if let exit = process.exit {
                    throw .didNotStart(reason: "it ended with \(exit)", log: directory.logTail())
                }
                guard ContinuousClock.now < deadline else {
                    throw .didNotStart(reason: "no answer in time: \(error)", log: directory.logTail())
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends the server properly and removes its directory.
    package func stop() async {
        if let process = running.withLock({ $0 }) { _ = await process.end(within: .seconds(10)) }
        directory.remove()
    }

    /// Ends it at once, as a crash would; the data stays for `restart()`.
    package func kill() async {
        guard let process = running.withLock({ $0 }) else { return }
        process.send(.kill)
        _ = await process.wait(atMost: .seconds(10))
    }

    /// Stops the process where it stands: connections stay open and nothing answers.
    package func freeze() async { await running.withLock { $0 }?.freeze() }

    /// Lets it go on after `freeze()`.
    package func thaw() { running.withLock { $0 }?.send(.continue) }

    /// Ends it properly; the data stays for `restart()`.
    package func halt() async {
        if let process = running.withLock({ $0 }) { _ = await process.end(within: .seconds(10)) }
    }

    /// Starts it again on the same data and port, after ending it if it still runs.
    /// - Parameter arguments: further options of this start only.
    package func restart(_ arguments: [String] = []) async throws(PrivateMariaDBError) {
        await halt()
        try await launch(arguments)
    }

    /// Runs SQL as the all-powerful user through mariadb(1), which asks no host whether it is fit.
    package func run(_ sql: String) async throws(PrivateMariaDBError) {
        let process = try spawn(
            try Executables.find("mariadb"),
            ["--no-defaults", "--socket=\(directory.socket)", "--user=root", "--execute=\(sql)"])
        guard await process.end(after: settings.startTimeout) == .code(0) else {
            throw .cannotPrepare(reason: "\(sql) failed\n\(directory.logTail())")
        }
    }

    /// Runs mariadbd for a task that ends by itself, such as `--wsrep-recover`, while the server does not run.
    /// - Returns: the end of the log.
    func runOnce(_ arguments: [String]) async throws(PrivateMariaDBError) -> String {
        let process = try spawn(executable, serverArguments + arguments)
        guard await process.end(after: settings.startTimeout) == .code(0) else {
            throw .didNotStart(reason: "mariadbd \(arguments.joined(separator: " ")) failed", log: directory.logTail())
        }
        return directory.logTail()
    }
}

extension ChildProcess {
    /// Its exit, waiting for at most `limit` and then killing it.
    fileprivate func end(after limit: Duration) async -> Exit? {
        if let exit = await wait(atMost: limit) { return exit }
        send(.kill)
        return await wait(atMost: .seconds(5))
    }
}
