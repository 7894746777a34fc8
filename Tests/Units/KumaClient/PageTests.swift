import ClusterCore
import KumaClient
import Testing

@Suite("Asking for a page")
struct PageTests {
    @Test("an answer of any status is an answer, and nothing is followed", arguments: [200, 302, 404, 503])
    func answers(status: Int) async throws {
        let node = try await ScriptedNode()
        node.set(.status(status, "here"), at: "/page")
        let client = KumaHTTPClient()
        let address = NodeAddress(host: "127.0.0.1", port: node.port)
        let answer = try await client.page("/page", of: address, within: .seconds(10))
        #expect(answer.status == status)
        #expect(String(decoding: answer.body, as: UTF8.self) == "here")
        #expect(node.requests.map(\.path) == ["/page"])
        await client.shutdown()
        await node.stop()
    }

    @Test("where nobody listens the error says so in words")
    func refused() async throws {
        let client = KumaHTTPClient()
        // Nobody listens on the port of tcpmux.
        let nobody = NodeAddress(host: "127.0.0.1", port: 1)
        let error = await #expect(throws: KumaCallError.notConnected(reason: "connection refused")) {
            try await client.page("/", of: nobody, within: .seconds(10))
        }
        #expect(error?.description == "connection refused")
        await client.shutdown()
    }
}
