import FoundationEssentials
import Glibc
import Secrets
import Synchronization

/// The thread that starts all children, and never ends: see `ChildProcess` for why it must not.
final class Spawner: Sendable {
    static let shared = Spawner()

    private static let setpriv = "/usr/bin/setpriv"

    private struct Request: Sendable {
        let command: ChildProcess.Command
        /// -1 for none; owned by the caller, who waits.
        let writeEnd: Int32
        let answer: Answer
    }

    private let requests = ThreadQueue<Request>()

    private init() {
        DetachedThread.start { [requests] in
            while true { Spawner.serve(requests.next()) }
        }
    }

    func spawn(_ command: ChildProcess.Command, pipe: OutputPipe?) throws(SpawnError) -> Int32 {
        guard access(Spawner.setpriv, X_OK) == 0 else {
            throw .missing(path: Spawner.setpriv, package: "util-linux")
        }
        guard access(command.path, X_OK) == 0 else { throw .missing(path: command.path, package: nil) }
        let answer = Answer()
        requests.append(Request(command: command, writeEnd: pipe?.writeEnd ?? -1, answer: answer))
        defer { pipe?.closeWriteEnd() }
        return try answer.wait().get()
    }

    /// Where the spawning thread leaves its result, for one waiting caller.
    private final class Answer: Sendable {
        private let results = ThreadQueue<Result<Int32, SpawnError>>()

        func give(_ result: Result<Int32, SpawnError>) { results.append(result) }
        func wait() -> Result<Int32, SpawnError> { results.next() }
    }

    private static func serve(_ request: Request) {
        do throws(SpawnError) {
            request.answer.give(.success(try spawnHere(request.command, writeEnd: request.writeEnd)))
        } catch {
            request.answer.give(.failure(error))
        }
    }

    private static func spawnHere(_ command: ChildProcess.Command, writeEnd: Int32) throws(SpawnError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch command.output {
        case .discard:
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .inherit:
            break
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        case .lines:
            posix_spawn_file_actions_adddup2(&actions, writeEnd, 1)
            posix_spawn_file_actions_adddup2(&actions, writeEnd, 2)
        }
        for descriptor in inheritableDescriptors() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Last, so that nothing above closes it again.
        if let passed = command.passed { posix_spawn_file_actions_adddup2(&actions, passed, 3) }
        return try run(command, &actions)
    }

    /// What a library opened without O_CLOEXEC: closed in the child, so that no child holds a socket of ours open.
    private static func inheritableDescriptors() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { descriptor in
            guard descriptor > 2 else { return false }
            let flags = fcntl(descriptor, F_GETFD)
            return flags >= 0 && flags & FD_CLOEXEC == 0
        }
    }

    /// setpriv(1) and env(1) each replace themselves with the next program, so the process id stays the same.
    private static func words(for command: ChildProcess.Command) -> [String] {
        let change = command.directory.map { ["/usr/bin/env", "--chdir=\($0)", "--"] } ?? []
        return [setpriv, "--pdeathsig", "KILL", "--"] + change + [command.path] + command.arguments
    }

    private static func run(
        _ command: ChildProcess.Command, _ actions: inout posix_spawn_file_actions_t
    ) throws(SpawnError) -> Int32 {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignals(of: &attributes, group: command.group)
        let environment = command.environment.map { "\($0.key)=\($0.value.revealed)" }.sorted()
        var processID: Int32 = 0
        let code = withCStrings(words(for: command)) { arguments in
            withCStrings(environment) { variables in
                posix_spawn(&processID, setpriv, &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw .refused(operation: "cannot start \(command.path)", code: code) }
        return processID
    }

    /// The child begins with default signal handling and nothing blocked, whatever this process has set for itself.
    private static func setSignals(of attributes: inout posix_spawnattr_t, group: ChildProcess.Group) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        switch group {
        case .own:
            flags |= POSIX_SPAWN_SETPGROUP
            posix_spawnattr_setpgroup(&attributes, 0)
        case .ours:
            break
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        // SAFETY: the copies and the array of pointers live until `body` has returned, and are freed exactly once.
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { list[index] = strdup(string) }
        list[strings.count] = nil
        defer {
            for index in strings.indices { free(list[index]) }
            list.deallocate()
        }
        return body(list)
    }
}
