/// A part of the running demo that a person can act on.
package enum DemoTarget: Hashable, Sendable, CustomStringConvertible {
    /// The stand-in Kuma process; its agent lives on.
    case node(Int)
    case agent(Int)
    case balancer(Int)
    case database

    /// Reads `node2`, `agent2`, `balancer1`, `database`. Numbers begin at 1.
    package init?(_ text: String) {
        func number(after prefix: String) -> Int? {
            guard text.hasPrefix(prefix), let number = Int(text.dropFirst(prefix.count)), number > 0,
                prefix + String(number) == text
            else { return nil }
            return number
        }
        if text == "database" {
            self = .database
        } else if let number = number(after: "node") {
            self = .node(number)
        } else if let number = number(after: "agent") {
            self = .agent(number)
        } else if let number = number(after: "balancer") {
            self = .balancer(number)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .node(let number): "node\(number)"
        case .agent(let number): "agent\(number)"
        case .balancer(let number): "balancer\(number)"
        case .database: "database"
        }
    }
}

/// What a person can do to a part of the demo.
package enum DemoAction: String, Sendable, CaseIterable, Codable {
    /// SIGKILL: the process is gone without a word.
    case kill
    /// SIGTERM: the process may say good-bye.
    case stop
    /// Runs it again with the same configuration.
    case start
    /// SIGSTOP: its connections stay open and nothing answers.
    case freeze
    /// SIGCONT.
    case thaw
}
