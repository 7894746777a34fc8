/// Names one balancer process in the lease, the journal and `X-Balancer`: host name, process id and a random part, so
/// that a restarted balancer is never taken for its predecessor.
package struct BalancerID: Hashable, Sendable, CustomStringConvertible {
    /// As the lease's row has it. With `LB_ID` set it is that, and the same after a restart.
    package let text: String

    package init(text: String) { self.text = text }

    package var description: String { text }
}

/// Names one start of one agent. Two agents that share a node id differ in this.
package struct AgentInstance: Hashable, Sendable, CustomStringConvertible {
    /// As the node's row has it; only being the same means anything.
    package let text: String

    package init(text: String) { self.text = text }

    /// A new random instance: 128 bits, as 32 hexadecimal digits.
    package static func random() -> AgentInstance {
        func half() -> String {
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return AgentInstance(text: half() + half())
    }

    package var description: String { text }
}
