import Testing

/// Gives a whole suite one running cluster: started before its first test, ended after its last.
struct ClusterTrait: SuiteTrait, TestScoping {
    let words: [String]
    /// Once for the suite, not for each test in it.
    let isRecursive = false

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await ClusterUnderTest.launch(words)
        do {
            try await ClusterUnderTest.$current.withValue(cluster) { try await function() }
        } catch {
            try await cluster.end()
            throw error
        }
        try await cluster.end()
    }
}

extension Trait where Self == ClusterTrait {
    /// - Parameter words: arguments of `kuma-demo run`.
    static func cluster(_ words: String...) -> ClusterTrait { ClusterTrait(words: words) }
}

/// Everything that runs a cluster, one suite after the other within a process. `Tests/lanes` runs several processes side
/// by side, a suite or a fault in each: clusters mostly wait, share nothing, and their ports are reserved.
@Suite("End to end, with the built executables", .serialized, .faultTable)
enum EndToEnd {}
