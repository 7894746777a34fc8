import ClusterCore
import ServiceLifecycle

/// Opens once, when a part is ready, for the one part that waits for it.
struct StartGate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    /// Returns when the gate opens, or when the process is told to stop before that.
    func passed() async {
        await cancelWhenGracefulShutdown { for await _ in stream {} }
    }

    /// Returns when the gate opens, when the process is told to stop, or after `limit`.
    func passed(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await passed() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Opens a gate with the first routing table by which a client can be served.
enum FirstRoutableTable {
    /// How long clients are kept out at most while no node is known: a first pass through the database, a name look-up and a first
    /// health check take a tenth of that. After it they are let in whatever is known; a 503 that says "try again" tells more
    /// than a refused connection.
    static let patience = Duration.seconds(1)

    /// - Returns: a gate that is open at once when a table was restored from the state file.
    static func gate(of publisher: RoutingTablePublisher) -> StartGate {
        let gate = StartGate()
        if publisher.generation > RoutingTable.empty.generation { gate.open() }
        publisher.subscribe { [weak publisher] in
            if publisher?.table.hasRoutableNode == true { gate.open() }
        }
        return gate
    }
}
