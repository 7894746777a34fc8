// The demo and its second terminal. The product never depends on it: what the demo needs of agents and balancers it gets as
// a user does, from their programs.

import ClusterCore
import Glibc
import Logging
import NIOPosix
import PrivateMariaDB
import StandInKuma

/// The whole cluster on one machine: a private database, stand-in nodes, agents and balancers as child processes.
///
/// `launch`, then `untilEndIsRequested`, then `shutDown` in every case, also when `launch` threw: it ends and removes
/// whatever is there by then.
package actor DemoCluster {
    let options: DemoOptions
    let executables: SiblingExecutables
    let console: Console
    let group = MultiThreadedEventLoopGroup.singleton
    let start = ContinuousClock.now

    var phase = DemoStatus.Phase.starting
    var directory: DemoDirectory?
    var mariaDB: PrivateMariaDB?
    var databaseState = DemoStatus.ProcessState.killed
    var monitored: MonitoredTarget?
    var plan: DemoPlan?
    var processes: DemoProcesses?
    var database: DemoDatabase?
    var control: ControlServer?
    var loops: [Task<Void, Never>] = []
    /// The running watch of each node.
    var watches: [String: Task<Void, Never>] = [:]
    /// What a node ran before it was killed or frozen: what has to come back.
    var absent: [String: Set<Int64>] = [:]
    var measurements: [DemoStatus.Measurement] = []
    /// The first child that ended by itself during the launch.
    var launchFailure: DemoRefusal?
    private var endWaiters: [CheckedContinuation<Void, Never>] = []
    /// Stays true once it is.
    package private(set) var isEndRequested = false

    /// Starts nothing and touches no file.
    package init(options: DemoOptions, executables: SiblingExecutables, console: Console) {
        self.options = options
        self.executables = executables
        self.console = console
    }

    /// Measurements kept for `status`; older ones go.
    static let measurementsKept = 100

    // MARK: End

    /// Wakes whoever waits for it; a second time changes nothing. It ends nothing itself.
    package func requestEnd() {
        isEndRequested = true
        for waiter in endWaiters { waiter.resume() }
        endWaiters.removeAll()
    }

    /// Returns at once where it was requested before. Cancelling the task does not end the wait.
    package func untilEndIsRequested() async {
        guard !isEndRequested else { return }
        await withCheckedContinuation { endWaiters.append($0) }
    }

    /// Ends every process and removes every file, in an order in which nobody complains about the others.
    package func shutDown() async {
        phase = .stopping
        for task in loops + Array(watches.values) { task.cancel() }
        await control?.stop()
        await processes?.endAll()
        await database?.close()
        await mariaDB?.stop()
        do {
            try await monitored?.stop()
        } catch {
            // Closed already.
        }
        switch options.directory {
        case .removed: directory?.remove()
        case .kept: if let directory { console.log("kept: \(directory.path)") }
        }
        console.log("ended; nothing is left running", .quiet)
    }

    /// The end without patience: removes the directory; the kernel ends the children with this process.
    package func abandon() {
        switch options.directory {
        case .removed: directory?.remove()
        case .kept: break
        }
    }
}
