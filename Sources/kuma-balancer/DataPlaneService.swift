import DataPlane
import Logging
import ServiceLifecycle

/// Runs the data plane inside the service group: from the moment the API listens until it has drained.
struct DataPlaneService: Service {
    let dataPlane: DataPlane
    /// Passed once the API's socket accepts connections.
    let apiListening: StartGate
    /// Passed once there is a node to send clients to.
    let tableKnown: StartGate
    /// Opened once clients can connect.
    let serving: StartGate
    /// Called when the process was told to end, before clients are drained.
    let onDrain: @Sendable () -> Void

    func run() async throws {
        await apiListening.passed()
        await tableKnown.passed(within: FirstRoutableTable.patience)
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
        try dataPlane.start()
        serving.open()
        do {
            try await gracefulShutdown()
        } catch {
            // Another part failed: the process ends, and draining would only delay its restart.
            dataPlane.stop()
            return
        }
        onDrain()
        await dataPlane.drain()
    }
}
