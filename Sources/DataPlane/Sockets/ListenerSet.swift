import ClusterCore

/// The listeners of one reactor. Arrays cannot own what cannot be copied; this can.
struct ListenerSet: ~Copyable {
    // SAFETY: owned by this value alone; entries below `count` are initialised.
    private let listeners: UnsafeMutablePointer<Listener>
    private let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        listeners = .allocate(capacity: capacity)
    }

    deinit {
        listeners.deinitialize(count: count)
        listeners.deallocate()
    }

    mutating func append(_ listener: consuming Listener) {
        precondition(count < capacity, "more than \(capacity) listeners")
        (listeners + count).initialize(to: listener)
        count += 1
    }

    /// Closes them all.
    mutating func removeAll() {
        listeners.deinitialize(count: count)
        count = 0
    }

    func descriptor(_ index: Int) -> Int32 { listeners[index].socket.number }
    func address(_ index: Int) -> SocketAddress { listeners[index].address }
    func provenance(_ index: Int) -> Listener.Provenance { listeners[index].provenance }
    func preferSuccessor(_ index: Int, ownCount: Int) { listeners[index].preferSuccessor(ownCount: ownCount) }
    func spread(_ index: Int) { listeners[index].spread() }
    func accept(_ index: Int) -> Listener.AcceptOutcome { listeners[index].accept() }
}
