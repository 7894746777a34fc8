/// What is to happen when, soonest first: a binary heap of moments. What happens lies in slots of its own, so that the heap
/// moves numbers only.
struct EventQueue {
    struct Event {
        let at: Duration
        /// The seed's order among events of one moment.
        let order: UInt64
        fileprivate let slot: Int

        fileprivate static func < (left: Event, right: Event) -> Bool {
            left.at != right.at ? left.at < right.at : left.order < right.order
        }
    }

    private var heap: [Event] = []
    private var actions: [(() -> Void)?] = []
    private var freeSlots: [Int] = []

    /// When the next one is due; nil when there is none.
    var nextAt: Duration? { heap.first?.at }

    mutating func add(at moment: Duration, order: UInt64, _ action: @escaping () -> Void) {
        heap.append(Event(at: moment, order: order, slot: slot(for: action)))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next one, which is to be performed now.
    mutating func take() -> (at: Duration, action: () -> Void)? {
        guard let event = heap.first, let action = actions[event.slot] else { return nil }
        actions[event.slot] = nil
        freeSlots.append(event.slot)
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink()
        return (event.at, action)
    }

    private mutating func slot(for action: @escaping () -> Void) -> Int {
        guard let slot = freeSlots.popLast() else {
            actions.append(action)
            return actions.count - 1
        }
        actions[slot] = action
        return slot
    }

    private mutating func sink() {
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
