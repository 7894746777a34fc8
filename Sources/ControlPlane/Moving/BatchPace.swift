import ClusterStore

/// How many monitors go into the next transaction: as many as a busy database does well before the deadline that undoes
/// them all. Kept from one epoch to the next: a stall long enough to undo a transaction often costs the lease as well.
struct BatchPace: Equatable {
    /// Half of what a statement has by default (`DB_TIMEOUT` × 0.8 = 4 s); one of a transaction's does most of the work.
    static let longest: Duration = .seconds(2)
    /// Twice as many then still take less than half of `longest`.
    static let shortest: Duration = .milliseconds(400)

    private(set) var size = MoveLimits.batch
    private var most = MoveLimits.batch

    /// The next batch off the front of what is left; nil when nothing is.
    func take<Element>(from rest: inout ArraySlice<Element>) -> [Element]? {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }

    /// A transaction of `count` monitors was committed.
    mutating func note(_ count: Int, took duration: Duration) {
        if duration > BatchPace.longest {
            size = max(min(count, size) / 2, MoveLimits.step)
        } else if duration < BatchPace.shortest, count >= size {
            size = min(size * 2, most)
        }
    }

    /// A transaction outlasted its deadline and is undone: the same again would take as long again. However quick those
    /// behind it are, none is as large as that again: a database whose time is set shorter would undo one after the other.
    mutating func noteDeadline() {
        most = max(min(size, most) / 2, MoveLimits.step)
        size = MoveLimits.step
    }
}
