import Testing

/// `WireNames` says each word of the wire once; whoever writes one out again may one day write it differently.
@Suite("Words on the wire are said once")
struct WireNameTests {
    /// In prose for people.
    private static let prose: Set<String> = ["Sources/DemoCluster/Cluster/Guide.swift"]

    private static let words = [
        "KUMA_FIXED_NODE", "X-Routed-", "x-routed-to", "x-routed-via", "x-routed-node", "\"X-Balancer",
        "\"X-Forwarded-For", "\"X-Forwarded-Host", "\"X-Forwarded-Proto", "\"x-forwarded-for", "\"x-forwarded-host",
        "\"x-forwarded-proto", "\"X-Real-IP",
    ]

    @Test("the cookie and our field names stand in WireNames alone")
    func once() {
        let found = SourceTree.sources.offences { file, code in
            file.path != "Sources/HTTPFraming/WireNames.swift" && !Self.prose.contains(file.path)
                && Self.words.contains { code.contains($0) }
        }
        #expect(found == [])
    }
}
