import AgentMetrics
import PackageFiles
import Testing

@Suite("The page of the agent's metrics")
struct AgentMetricsPageTests {
    @Test("has what an agent serves")
    func page() throws {
        let table = MetricsTable(exposition: AgentMetricsText(try AgentMetricsTests.facts()).text)
        let page = MadeText("Sources/ControlAPI/ControlAPI.docc/Metrics.md", part: "agent")
        #expect(try page.difference(from: table.markdown) == nil)
    }
}
