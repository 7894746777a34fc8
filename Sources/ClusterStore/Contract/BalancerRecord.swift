package struct BalancerRecord: Sendable, Equatable {
    package let presence: BalancerPresence
    package let lastSeenAge: Duration

    package init(presence: BalancerPresence, lastSeenAge: Duration) {
        self.presence = presence
        self.lastSeenAge = lastSeenAge
    }
}
