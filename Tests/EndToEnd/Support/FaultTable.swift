import Testing

/// What the faults that Judging.md and Failover.md speak of cost, in one table: each test adds a line, and the whole is
/// printed when the last suite has ended. Nothing is asserted by these figures: the machine may be as busy as it likes.
actor FaultTable {
    static let shared = FaultTable()

    private struct Line {
        let fault: String
        let expected: String
        let measured: String
    }

    private var lines: [Line] = []

    func add(_ fault: String, expected: String, measured: String) {
        lines.append(Line(fault: fault, expected: expected, measured: measured))
        print("measured: \(fault) | \(expected) | \(measured)")
    }

    /// As Markdown; nil when nothing was measured.
    var text: String? {
        guard !lines.isEmpty else { return nil }
        let rows = lines.map { "| \($0.fault) | \($0.expected) | \($0.measured) |" }
        return (["| fault | expected | measured |", "|---|---|---|"] + rows).joined(separator: "\n")
    }
}

/// Prints the table when everything in the suite has ended.
struct FaultTableTrait: SuiteTrait, TestScoping {
    let isRecursive = false

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        if let text = await FaultTable.shared.text { print("\nFaults\n\n\(text)\n") }
    }
}

extension Trait where Self == FaultTableTrait {
    static var faultTable: FaultTableTrait { FaultTableTrait() }
}

extension Duration {
    /// Such as `1.4 s`.
    var seconds: String {
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
