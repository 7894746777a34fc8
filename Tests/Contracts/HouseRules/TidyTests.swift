import Foundation
import Testing

/// What the compiler and the formatter cannot check.
@Suite("The tree is tidy")
struct TidyTests {
    @Test("no source file is longer than 400 lines")
    func filesAreShort() {
        for file in SourceTree.sources.files {
            #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count - 1) lines: split it by topic")
        }
    }

    @Test("no drawer is named after nothing")
    func noDrawers() {
        let drawers = ["Utils", "Util", "Common", "Helpers", "Helper", "Manager", "Misc"]
        for file in SourceTree.sources.files + SourceTree.tests.files {
            let parts = file.path.split(separator: "/").map { $0.split(separator: ".")[0] }
            for drawer in drawers {
                #expect(!parts.contains { $0.hasSuffix(drawer) }, "\(file.path): name it after what it does")
            }
        }
    }

    @Test("nothing traps where an error could be thrown")
    func noTraps() {
        let words = ["try!", "as! ", "preconditionFailure("]
        let found = SourceTree.sources.offences { _, code in words.contains { code.contains($0) } }
        #expect(found == [])
    }

    /// Swift 6.3: what `withLock` is given is written back even by a closure that only reads it, a function inside two more
    /// thunks each time, and a call of it needs as much more stack. A struct that holds the function is written back as it is.
    @Test("no lock holds a function itself")
    func locksHoldNoFunctions() {
        let found = SourceTree.sources.offences { _, code in code.contains(/Mutex<[^>]*->/) }
        #expect(found == [])
    }

    @Test("whoever ends the process on purpose says why nothing else is left")
    func trapsAreArgued() {
        for file in SourceTree.sources.swiftFiles {
            for (index, line) in file.lines.enumerated() where line.contains("fatalError(") {
                let near = file.lines[max(0, index - 3)...index]
                #expect(
                    near.contains { $0.contains("// Traps:") }, "\(file.path):\(index + 1) lacks its // Traps: reason")
            }
        }
    }

    /// A word of a later version is in none of the lists that such a question makes.
    @Test("nobody asks which admin state a node is in: whoever acts on it asks for its effects")
    func adminStatesAreNotCompared() {
        let found = SourceTree.sources.offences { _, code in Self.comparesAdminState(code) }
        #expect(found == [])
    }

    @Test(
        "such a question is found",
        arguments: [
            "guard node.adminState == .active else { return }", "where node.adminState != .known(.maintenance) {",
            "switch node.adminState {", "if state == .maintenance {", "if case .known(.drain) = node.adminState {",
            "let same = other.admin == node.adminState", "return word == .known(state)",
        ])
    func adminStateRuleCanFail(code: String) { #expect(Self.comparesAdminState(code)) }

    @Test(
        "and nothing else",
        arguments: [
            "node.adminState.effects.monitors != .leave", "switch node.adminState.effects.pins {",
            "node.record.adminState.shown == word,", "guard case .unknown(let word) = node.adminState else {",
            "adminState: AdminWord(column: node.adminState), monitorCount: 1",
        ])
    func adminStateRuleIsSpecific(code: String) { #expect(!Self.comparesAdminState(code)) }

    private static func comparesAdminState(_ code: String) -> Bool {
        // A pattern takes a millisecond a line in a debug build, and few lines have any of these.
        guard ["adminState", "maintenance", "known("].contains(where: { code.contains($0) }) else { return false }
        let questions = [
            /adminState\)? *[=!]=/, /[=!]= *[\w.]*adminState\b(?!\.)/, /switch [\w.]*adminState *\{/,
            /[=!]= *\.?(?:maintenance|known\()/, /case \.known\(\./,
        ]
        return questions.contains { code.firstMatch(of: $0) != nil }
    }

    @Test("nothing is left for later")
    func nothingUnfinished() {
        let words = ["TODO", "FIXME", "XXX:"]
        let files = SourceTree.sources.files
        let found = files.flatMap { file in
            file.lines.filter { line in words.contains { line.contains($0) } }.map { "\(file.path): \($0)" }
        }
        #expect(found == [])
    }

    @Test("every promise to the compiler states its reason")
    func safetyIsArgued() {
        let promises = ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast", "assumeIsolated"]
        for file in SourceTree.sources.swiftFiles {
            for (index, line) in file.lines.enumerated() {
                guard promises.contains(where: { line.contains($0) }),
                    !line.trimmingCharacters(in: .whitespaces).hasPrefix("//")
                else { continue }
                let near = file.lines[max(0, index - 10)...min(index + 2, file.lines.count - 1)]
                #expect(
                    near.contains { $0.contains("SAFETY:") }, "\(file.path):\(index + 1) lacks its // SAFETY: reason")
            }
        }
    }

    @Test("a file that handles raw memory says why that is safe")
    func rawMemoryIsArgued() {
        for file in SourceTree.sources.swiftFiles {
            let code = file.lines.filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }
            let makesPointers = code.contains { $0.contains(".allocate(") || $0.contains("withUnsafe") }
            guard makesPointers else { continue }
            #expect(file.lines.contains { $0.contains("SAFETY:") }, "\(file.path) lacks a // SAFETY: reason")
        }
    }

    /// `Waiting` pauses between two looks; a stand-in for a process that does
    /// something every so often says so in a comment that begins with `Pace:`.
    @Test("a test waits for the event itself, never for a while")
    func testsDoNotSleep() {
        let naps = ["usleep(", "Task.sleep", "Thread.sleep"]
        let exempt = ["Tests/Support/Waiting/", "Tests/Contracts/HouseRules/"]
        for file in SourceTree.tests.swiftFiles where !exempt.contains(where: { file.path.hasPrefix($0) }) {
            for (index, line) in file.lines.enumerated() where naps.contains(where: { line.contains($0) }) {
                let isPace = index > 0 && file.lines[index - 1].contains("// Pace:")
                #expect(isPace, "\(file.path):\(index + 1) sleeps: wait for the event, with `eventually`")
            }
        }
    }

    @Test("a test draws from the one generator that a seed repeats")
    func oneGenerator() {
        // The steps of SplitMix64 and of PCG, by which a second one would show.
        let signs = [": RandomNumberGenerator", "0x9E37_79B9_7F4A_7C15", "6_364_136_223_846_793_005"]
        let found = SourceTree.tests.offences { file, code in
            !file.path.hasPrefix("Tests/Support/RepeatableRandom/")
                && !file.path.hasPrefix("Tests/Contracts/HouseRules/")
                && signs.contains { code.contains($0) }
        }
        #expect(found == [])
    }
}
