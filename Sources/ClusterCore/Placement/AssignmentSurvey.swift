/// One walk over all assignments, for everybody who counts them: each name is looked up once a monitor and is a small number
/// from then on. Hashing names is what such a walk costs: 100 000 monitors take 20 ms so, and took 90 when each reader
/// hashed for itself.
package struct AssignmentSurvey {
    /// What is known of one name.
    struct Place {
        let reference: NodeReference
        var count = AssignmentCensus.Count()
        /// Monitors that name it, paused ones included: what tells a name that was only met as a home.
        var owned = 0
    }

    /// In the order in which they were met.
    private(set) var places: [Place] = []
    private(set) var unassigned = 0
    /// Of each monitor that belongs to somebody, ascending.
    private(set) var ids: [Int64] = []
    /// The places of these.
    private(set) var owners: [Int32] = []
    private var numbers: [NodeReference: Int32] = [:]
    /// By the very text: faster than by `NodeReference`, which passes over case and trailing spaces.
    private var numbersOfTexts: [String: Int32] = [:]

    /// - Parameter assignments: ascending by id.
    package init(of assignments: [MonitorAssignment]) {
        ids.reserveCapacity(assignments.count)
        owners.reserveCapacity(assignments.count)
        for monitor in assignments { add(monitor) }
    }

    private mutating func add(_ monitor: MonitorAssignment) {
        let home = monitor.home.map { number(of: $0) }
        let owner = monitor.assigned.map { number(of: $0) } ?? home
        if let owner {
            places[Int(owner)].owned += 1
            ids.append(monitor.id.number)
            owners.append(owner)
        }
        guard monitor.isActive else { return }
        if let home { places[Int(home)].count.home += 1 }
        guard let owner else {
            unassigned += 1
            return
        }
        places[Int(owner)].count.effective += 1
        if owner != home { places[Int(owner)].count.visiting += 1 }
    }

    private mutating func number(of reference: NodeReference) -> Int32 {
        if let known = numbersOfTexts[reference.text] { return known }
        let number: Int32
        if let known = numbers[reference] {
            number = known
        } else {
            number = Int32(places.count)
            numbers[reference] = number
            places.append(Place(reference: reference))
        }
        // As many spellings as there are names, but for a person's.
        numbersOfTexts[reference.text] = number
        return number
    }
}
