import ChildProcesses
import DemoCluster
import Glibc
import HTTPTestClient
import Secrets
import Waiting

/// A `kuma-balancer` of a test's own, beside the demo's and on the same database.
final class BalancerProcess: Sendable {
    let output = CollectedLines()
    private let process: ChildProcess

    /// Where it listens.
    enum Place {
        case port(UInt16)
        /// A listening socket that it is passed, as systemd does.
        case passed(ListeningSocket)
    }

    /// - Parameter settings: further ones.
    init(_ access: DemoStatus.Database, at place: Place, settings: [String: String] = [:]) throws {
        var environment = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DB_HOST": "\(access.host):\(access.port)", "DB_USER": access.user,
            "DB_PASSWORD": access.password.revealed, "DB_NAME": access.name,
        ]
        environment.merge(settings) { $1 }
        let output = output
        var command = ChildProcess.Command(
            path: try BuiltExecutables.balancer(), output: .lines { output.append($0) })
        switch place {
        case .port(let port): environment["LB_LISTEN"] = "127.0.0.1:\(port)"
        case .passed(let socket):
            environment["LISTEN_FDS"] = "1"
            environment["LISTEN_FDNAMES"] = "http"
            // The process that a service manager starts knows its own id only once it runs.
            command.arguments = ["-c", "LISTEN_PID=$$ exec \"$0\"", command.path]
            command.path = "/bin/sh"
            command.passed = socket.descriptor
        }
        command.environment = environment.mapValues { Secret($0) }
        process = try ChildProcess.start(command)
    }

    /// Waits until it serves.
    func ready() async throws {
        try await eventually("the balancer serves:\n\(output.text)", within: .seconds(60)) {
            // Said once, with what it was told to serve.
            output.text.contains("max_connections")
        }
    }

    /// SIGTERM, and its end.
    /// - Throws: `CommandFailed` unless it ends with exit code 0.
    func stop() async throws {
        process.send(.terminate)
        let exit = await process.wait(atMost: .seconds(60))
        guard exit == .code(0) else {
            process.send(.kill)
            throw CommandFailed(words: ["kuma-balancer"], exit: exit, output: output.text)
        }
    }

    deinit { process.send(.kill) }
}

/// A listening socket on a free port that outlives whoever serves it, as systemd's do.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let port: UInt16

    struct Failure: Error {
        let code: Int32
    }

    init() throws(Failure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = descriptor
        // SAFETY: a sockaddr_in is a sockaddr of the length given, and lives for all three calls.
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(number, address, length) | listen(number, 4096) | getsockname(number, address, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard result == 0 else { throw Failure(code: errno) }
    }

    deinit { close(descriptor) }
}
