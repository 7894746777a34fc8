import Synchronization

/// Hands each new routing table from the control plane to the reactors.
///
/// A reactor compares `generation` at every wake-up, which is one relaxed load, and takes the table only when it changed;
/// publishing wakes every subscriber, so that a node which went offline is let go of at once.
package final class RoutingTablePublisher: Sendable {
    private struct State {
        var table: RoutingTable
        var wakes: [@Sendable () -> Void]
    }

    private let state: Mutex<State>
    private let latestGeneration: Atomic<UInt64>

    /// - Parameter table: what readers get until one with a higher generation is published.
    package init(_ table: RoutingTable = .empty) {
        state = Mutex(State(table: table, wakes: []))
        latestGeneration = Atomic(table.generation)
    }

    /// The generation of the latest table.
    package var generation: UInt64 { latestGeneration.load(ordering: .acquiring) }

    /// The latest table, whole.
    package var table: RoutingTable { state.withLock { $0.table } }

    /// Publishes `table` and wakes the reactors. A table that is not newer than the latest is dropped: two publishers
    /// that race leave the newer one standing.
    package func publish(_ table: RoutingTable) {
        let wakes = state.withLock { state -> [@Sendable () -> Void] in
            guard table.generation > state.table.generation else { return [] }
            state.table = table
            latestGeneration.store(table.generation, ordering: .releasing)
            return state.wakes
        }
        for wake in wakes { wake() }
    }

    /// Adds a reactor's wake-up, for the life of the process. Called from any thread; must not block.
    package func subscribe(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wakes.append(wake) }
    }
}
