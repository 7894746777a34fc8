import Glibc
import StandInKuma

/// The whole life of the `kuma-demo run` process.
package enum DemoProcess {
    /// Runs the cluster until a signal asks it to end; nothing of it is left when this returns or throws.
    /// - Throws: why the cluster could not be started.
    package static func run(_ options: DemoOptions, console: Console) async throws {
        let signals = TerminationSignals()
        let executables = try SiblingExecutables.find()
        let cluster = DemoCluster(options: options, executables: executables, console: console)
        let launch = Task { try await cluster.launch() }
        let arrivals = signals.arrivals
        let ending = Task {
            var count = 0
            for await _ in arrivals {
                count += 1
                if count == 1 {
                    console.log("ending …", .quiet)
                    launch.cancel()
                    Task { await cluster.requestEnd() }
                } else {
                    // Impatient: the kernel ends the children with us.
                    await cluster.abandon()
                    exit(1)
                }
            }
        }
        defer {
            ending.cancel()
            withExtendedLifetime(signals) {}
        }
        do {
            try await launch.value
            await cluster.untilEndIsRequested()
        } catch {
            await cluster.shutDown()
            if await cluster.isEndRequested { return }
            throw error
        }
        await cluster.shutDown()
    }
}
