// Processes that the demo and the tests start, which end with their parent, and the ports those listen on. The programs
// themselves start nothing.

import Glibc
package import Secrets
import Synchronization

/// A process that we started and that does not outlive us, whatever ends us.
///
/// It is started through setpriv(1) `--pdeathsig KILL`: the kernel kills it when its parent goes, even by SIGKILL. That
/// signal belongs to the *thread* that forked (prctl(2) PR_SET_PDEATHSIG), so all children are started by one thread that
/// lives as long as the process. It reaches the child itself, not processes the child starts in turn.
package final class ChildProcess: Sendable {
    /// What to start.
    package struct Command: Sendable {
        /// Absolute path of the executable.
        package var path: String
        /// Without the program's own name.
        package var arguments: [String]
        /// The child's whole environment; nothing is inherited. Passwords stand in it as well.
        package var environment: [String: Secret]
        /// Nil keeps ours.
        package var directory: String?
        package var output: Output
        package var group: Group
        /// A descriptor of ours that the child gets as its number 3, as systemd passes a listening socket. It must be
        /// close-on-exec.
        package var passed: Int32?

        package init(
            path: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
            output: Output = .discard, group: Group = .own
        ) {
            self.path = path
            self.arguments = arguments
            self.environment = environment.mapValues { Secret($0) }
            self.directory = directory
            self.output = output
            self.group = group
        }
    }

    /// Where standard output and standard error go.
    package enum Output: Sendable {
        case discard
        case inherit
        /// Appended to this file, which is made when it is missing.
        case file(path: String)
        /// Each line of either, without its end, from a thread of its own. A line above `lineBytes` is handed on in parts.
        case lines(@Sendable (String) -> Void)

        /// Bounds the memory of a child that never ends its line.
        package static let lineBytes = 64 << 10
    }

    /// Which process group the child belongs to.
    package enum Group: Sendable {
        /// A process group of its own: a Ctrl-C on our terminal does not reach it.
        case own
        /// Our own: a Ctrl-C on our terminal reaches it as well.
        case ours
    }

    /// How a process ended.
    package enum Exit: Sendable, Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        package var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    /// What can be sent to a child.
    package enum Signal: Int32, Sendable {
        case interrupt = 2
        case kill = 9
        case terminate = 15
        case `continue` = 18
        case stop = 19
        case hangUp = 1
    }

    /// The program's from the start: setpriv(1) becomes it. The kernel may give it to a stranger once `exit` is there.
    package let processID: Int32
    private let watch: ExitWatch

    private init(processID: Int32, watch: ExitWatch) {
        self.processID = processID
        self.watch = watch
    }

    /// Starts `command`.
    /// - Throws: `SpawnError` when the executable or setpriv is missing, or the kernel refuses.
    package static func start(_ command: Command) throws(SpawnError) -> ChildProcess {
        let pipe = try OutputPipe(for: command.output)
        let processID: Int32
        do throws(SpawnError) { processID = try Spawner.shared.spawn(command, pipe: pipe) } catch {
            pipe?.closeReadEnd()
            throw error
        }
        pipe?.read(into: command.output)
        let watch = ExitWatch(processID: processID)
        watch.begin()
        return ChildProcess(processID: processID, watch: watch)
    }

    /// Sends a signal; does nothing once the child has ended, so that it can never hit a stranger with a reused id.
    package func send(_ signal: Signal) { watch.send(signal.rawValue) }

    /// Stops the process and returns when all its threads stand still, or have not within one second.
    package func freeze() async {
        send(.stop)
        let deadline = ContinuousClock.now + .seconds(1)
        while !watch.hasStopped(), ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// How it ended; nil while it runs.
    package var exit: Exit? { watch.exit }

    /// Waits for the end.
    /// - Returns: nil when it still runs after `limit`.
    package func wait(atMost limit: Duration) async -> Exit? { await watch.wait(atMost: limit) }

    /// SIGTERM, and SIGKILL where that has not ended it within `limit`. SIGCONT goes first: a stopped process handles no
    /// SIGTERM.
    package func end(within limit: Duration) async -> Exit? {
        send(.terminate)
        send(.continue)
        if let exit = await wait(atMost: limit) { return exit }
        send(.kill)
        return await wait(atMost: .seconds(5))
    }
}

/// A child could not be started.
package enum SpawnError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `package` is the Debian package that has it; nil for the program that was to be started.
    case missing(path: String, package: String?)
    /// `code` is an errno value.
    case refused(operation: String, code: Int32)

    package var description: String {
        switch self {
        case .missing(let path, let package?): "\(path) is missing: apt-get install \(package)"
        case .missing(let path, nil): "\(path) is missing or not executable"
        case .refused(let operation, let code): "\(operation): \(String(cString: strerror(code)))"
        }
    }
}
