package import ClusterCore

package struct BalancerPresence: Sendable, Equatable {
    package let id: BalancerID
    /// Where clients reach it, such as `10.0.0.5:8084`.
    package let address: String
    package let version: String

    package init(id: BalancerID, address: String, version: String) {
        self.id = id
        self.address = address
        self.version = version
    }
}
