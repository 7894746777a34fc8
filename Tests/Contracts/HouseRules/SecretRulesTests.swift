import Testing

/// A secret is printable by accident only where somebody holds it as text.
@Suite("Secrets are held by Secret alone")
struct SecretRulesTests {
    @Test("nobody stores a password, token or key as text")
    func stored() {
        let found = SourceTree.sources.offences { file, code in
            file.target != "Secrets" && Self.storesSecret(code)
        }
        #expect(found == [])
    }

    @Test(
        "what is looked for is found",
        arguments: [
            "package let password: String", "private let authorization: String?", "var adminToken: [UInt8] = []",
            "let apiKey: Substring", "package var databasePassword: String", "let clientSecret : String",
            "var tokens: [String]",
        ])
    func canFail(code: String) {
        #expect(Self.storesSecret(code))
    }

    @Test(
        "and nothing else",
        arguments: [
            "package let password: Secret", "let token: EventToken", "func pushToken(in path: String) -> Int?",
            "let key: String", "case tokenRequired", "package var adminToken: Secret?",
        ])
    func isSpecific(code: String) {
        #expect(!Self.storesSecret(code))
    }

    private static func storesSecret(_ code: String) -> Bool {
        // A pattern takes a millisecond a line in a debug build, and few lines declare text.
        guard ["String", "Substring", "UInt8", "Data"].contains(where: { code.contains($0) }),
            code.contains("let ") || code.contains("var ")
        else { return false }
        let names =
            /\b(let|var) \w*(password|passphrase|token|secret|apikey|authorization|credential)s?\w* ?: ?\[?(String|Substring|UInt8|Data)\b/
        return code.lowercased().firstMatch(of: names.ignoresCase()) != nil
    }

    /// Where a secret becomes text: to be read out of a setting, to be sent, to be given to a child.
    private static let doors: Set<String> = [
        "Sources/DemoCluster/Cluster/DemoPlan.swift", "Sources/DemoCluster/Control/ControlMessage.swift",
        "Sources/StandInKuma/Serving/NodeHTTPHandler.swift", "Sources/KumaClient/HTTPReconcileTrigger.swift",
        "Sources/KumaClient/KumaCall.swift", "Sources/MariaDB/Session/Session.swift",
        "Sources/ChildProcesses/Spawner.swift",
        "Sources/PrivateMariaDB/Server/PrivateMariaDB+Databases.swift", "Sources/Secrets/Secret.swift",
        "Sources/Settings/Reading/SettingSource.swift", "Sources/Settings/Reading/SettingsReader.swift",
    ]

    @Test("a secret becomes text in few places, each with a reason")
    func revealed() {
        let found = SourceTree.sources.swiftFiles.filter { file in
            file.lines.contains { $0.contains("revealed") }
        }
        #expect(Set(found.map(\.path)) == Self.doors)
    }

    @Test("nobody but a service's own run gives services to a group, which prints what it is given")
    func groups() {
        let found = SourceTree.sources.swiftFiles.filter { file in
            file.lines.contains { $0.contains("ServiceGroup(") || $0.contains("ServiceGroupConfiguration(") }
        }
        #expect(found.map(\.path) == ["Sources/ServiceRuntime/Process/ServiceRun.swift"])
    }
}
