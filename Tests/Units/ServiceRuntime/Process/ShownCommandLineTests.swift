import Testing

@testable import ServiceRuntime

@Suite("What others see of the command line")
struct ShownCommandLineTests {
    private static let flags: Set = ["--db-password", "--lb-admin-token", "--uptime-kuma-db-password"]

    private func covered(_ words: [String]) -> [String] {
        var bytes = Array(words.map { $0 + "\0" }.joined().utf8)
        for range in ShownCommandLine.secrets(in: bytes, after: Self.flags) {
            for index in range { bytes[index] = UInt8(ascii: "*") }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    @Test(
        "is without the secrets, however they are given, and otherwise as it was",
        arguments: [
            (
                ["k", "run", "--db-password", "hunter2", "--db-user", "u"],
                ["k", "run", "--db-password", "*******", "--db-user", "u"]
            ),
            (["k", "--db-password=hunter2", "x"], ["k", "--db-password=*******", "x"]),
            (["k", "--uptime-kuma-db-password=hunter2", "x"], ["k", "--uptime-kuma-db-password=*******", "x"]),
            (["k", "--lb-admin-token=a=b", "--lb-id", "a=b"], ["k", "--lb-admin-token=***", "--lb-id", "a=b"]),
            (
                ["k", "--db-password", "--lb-admin-token", "--lb-id", "x"],
                ["k", "--db-password", "****************", "--lb-id", "x"]
            ),
            (
                ["k", "--db-password-file", "/run/x", "--db-password"],
                ["k", "--db-password-file", "/run/x", "--db-password"]
            ),
            (["k", "--db-password", "", "x"], ["k", "--db-password", "", "x"]), (["k"], ["k"]),
        ])
    func shown(words: [String], expected: [String]) {
        #expect(covered(words) == expected)
    }

    @Test("is found in this process, in which there is nothing to hide")
    func own() {
        #expect(ShownCommandLine.cover(["--no-such-flag"]) == .covered)
    }
}
