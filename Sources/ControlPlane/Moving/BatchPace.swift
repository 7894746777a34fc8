import ClusterStore

/// How many monitors go into the next transaction: as many as a busy database does well before the deadline that undoes
/// them all.
struct BatchPace: Equatable {
    /// Of the 5 s that a statement has, and one of a transaction's statements does most of the work.
    static let longest: Duration = .seconds(2)
    /// Twice as many then still take less than half of `longest`.
    static let shortest: Duration = .milliseconds(400)

    private(set) var size = MoveLimits.batch

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
            size = min(size * 2, MoveLimits.batch)
        }
    }

    /// The same again would take as long again, and be undone again.
    mutating func noteDeadline() { size = MoveLimits.step }
}
