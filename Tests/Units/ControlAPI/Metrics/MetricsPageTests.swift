import ClusterCore
import ControlAPI
import ControlPlane
import PackageFiles
import Testing

@Suite("The page of a balancer's metrics")
struct MetricsPageTests {
    private static func table() async throws -> MetricsTable {
        MetricsTable(exposition: try await APIFixture().get("/lb/metrics").text)
    }

    @Test("has what a balancer serves")
    func page() async throws {
        let page = MadeText("Sources/ControlAPI/ControlAPI.docc/Metrics.md", part: "balancer")
        #expect(try page.difference(from: try await Self.table().markdown) == nil)
    }

    /// The fixture must know something of everything, or the page would leave it out.
    @Test("no metric of the code is missing in it")
    func complete() async throws {
        let names = Set(try await Self.table().names)
        for file in ["BalancerMetrics", "ClusterMetrics"] {
            let code = try PackageFiles.text(of: "Sources/ControlAPI/Metrics/\(file).swift")
            let whole = code.matches(of: /"(kuma_[a-z_]*[a-z])"/).map { String($0.1) }
            let ofNodes = code.matches(of: /[^.]add\("([a-z_]+)"/).map { "kuma_cluster_node_\($0.1)" }
            #expect(!whole.isEmpty)
            for name in whole + ofNodes { #expect(names.contains(name), "\(name)") }
        }
    }
}
