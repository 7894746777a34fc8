package enum MoveLimits {
    /// Monitors in one transaction: bounds lock time (about 0.2 s of the database's work) and Galera write sets.
    /// Of a busy database a transaction costs ten waits for its turn, however few it moves.
    package static let batch = 5_000
    /// Monitors in one step of a job, between which it may be cancelled and says how far it is.
    package static let step = 1_000
}
