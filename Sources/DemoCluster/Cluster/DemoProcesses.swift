package import ChildProcesses

/// The demo's child processes but for the database: starts them, acts on them, and reports those that end by themselves.
package actor DemoProcesses {
    /// A child that ended though nobody had asked it to.
    package struct Crash: Sendable {
        package let target: DemoTarget
        package let exit: ChildProcess.Exit
    }

    private struct Child {
        var process: ChildProcess
        var state: DemoStatus.ProcessState
    }

    private let plan: DemoPlan
    private let console: Console
    private var children: [DemoTarget: Child] = [:]
    private let crashSource: AsyncStream<Crash>.Continuation
    /// Each crash, once; ends never.
    package nonisolated let crashes: AsyncStream<Crash>

    /// Starts nothing.
    package init(plan: DemoPlan, console: Console) {
        self.plan = plan
        self.console = console
        (crashes, crashSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    /// - Throws: `DemoRefusal` when it runs already, `SpawnError`.
    package func start(_ target: DemoTarget) throws {
        if let child = children[target], child.process.exit == nil {
            throw DemoRefusal("\(target) runs already (pid \(child.process.processID))")
        }
        guard let command = plan.command(for: target, output: output(for: target)) else { return }
        let process = try ChildProcess.start(command)
        children[target] = Child(process: process, state: .running)
        Task { await self.watch(process, target) }
    }

    private func output(for target: DemoTarget) -> ChildProcess.Output {
        switch plan.options.logs {
        case .inFiles: return .file(path: plan.logFile(of: target))
        case .shown:
            let console = console
            let file = LogFile(path: plan.logFile(of: target))
            return .lines { line in
                file.append(line)
                console.print("\(target)  \(line)", .quiet)
            }
        }
    }

    private func watch(_ process: ChildProcess, _ target: DemoTarget) async {
        while true {
            guard let exit = await process.wait(atMost: .seconds(3600)) else { continue }
            ended(process, target, exit)
            return
        }
    }

    private func ended(_ process: ChildProcess, _ target: DemoTarget, _ exit: ChildProcess.Exit) {
        guard let child = children[target], child.process === process else { return }
        switch child.state {
        case .killed, .crashed: break
        case .running, .frozen:
            children[target]?.state = .crashed
            crashSource.yield(Crash(target: target, exit: exit))
        }
    }

    /// - Throws: `DemoRefusal` when it does not run.
    package func kill(_ target: DemoTarget) async throws(DemoRefusal) {
        let process = try expectEnd(of: target)
        process.send(.kill)
        guard await process.wait(atMost: .seconds(5)) != nil else {
            throw DemoRefusal("\(target) did not end within 5 s of SIGKILL")
        }
    }

    /// SIGTERM, and waits for the process to end by itself.
    /// - Throws: `DemoRefusal` when it does not run, or had to be killed.
    package func stop(_ target: DemoTarget) async throws(DemoRefusal) -> ChildProcess.Exit {
        let process = try expectEnd(of: target)
        process.send(.terminate)
        guard let exit = await process.wait(atMost: .seconds(45)) else {
            process.send(.kill)
            throw DemoRefusal("\(target) did not end within 45 s of SIGTERM and was killed")
        }
        return exit
    }

    private func expectEnd(of target: DemoTarget) throws(DemoRefusal) -> ChildProcess {
        let process = try running(target)
        children[target]?.state = .killed
        return process
    }

    /// SIGSTOP; does not wait until it stands still.
    /// - Throws: `DemoRefusal` when it does not run.
    package func freeze(_ target: DemoTarget) throws(DemoRefusal) {
        try running(target).send(.stop)
        children[target]?.state = .frozen
    }

    /// SIGCONT, of no effect on a process that is not frozen.
    /// - Throws: `DemoRefusal` when it does not run.
    package func thaw(_ target: DemoTarget) throws(DemoRefusal) {
        try running(target).send(.continue)
        children[target]?.state = .running
    }

    private func running(_ target: DemoTarget) throws(DemoRefusal) -> ChildProcess {
        guard let child = children[target], child.process.exit == nil else {
            throw DemoRefusal("\(target) does not run; start it first")
        }
        return child.process
    }

    /// `killed` for one that was never started, too.
    package func describe(_ target: DemoTarget) -> DemoStatus.Process {
        guard let child = children[target] else {
            return DemoStatus.Process(name: "\(target)", state: .killed, pid: nil)
        }
        let isAlive = child.process.exit == nil
        return DemoStatus.Process(
            name: "\(target)", state: child.state, pid: isAlive ? child.process.processID : nil)
    }

    /// Ends them all, the balancers first so that no client sees a node go; nothing runs when it returns.
    package func endAll() async {
        for target in Array(children.keys) where children[target]?.process.exit == nil {
            children[target]?.state = .killed
        }
        let running = children.filter { $0.value.process.exit == nil }
        await withTaskGroup(of: Void.self) { group in
            for (target, child) in running {
                group.addTask { await DemoProcesses.end(child.process, target) }
            }
        }
    }

    private static func end(_ process: ChildProcess, _ target: DemoTarget) async {
        process.send(.terminate)
        process.send(.continue)
        switch target {
        case .balancer:
            // It lets its clients finish for up to 30 s (LifeOfAConnection.md); nobody waits here. A second SIGTERM ends it.
            if await process.wait(atMost: .milliseconds(500)) != nil { return }
            process.send(.terminate)
        case .node, .agent, .database: break
        }
        _ = await process.end(within: .seconds(3))
    }
}

/// Something a person asked for that cannot be done, in words.
package struct DemoRefusal: Error, Equatable, CustomStringConvertible {
    /// For the terminal, as it stands.
    package let description: String

    package init(_ description: String) { self.description = description }
}
