import ChildProcesses
import DemoCluster
import HTTPTestClient
import Testing
import Waiting

extension EndToEnd.OneBalancer {
    @Test(
        "the access log has a line for each request, to a node and to the API, and nothing secret",
        arguments: ["text", "json"])
    func accessLog(form: String) async throws {
        let cluster = try ClusterUnderTest.running
        try await cluster.settled()
        let port = try ReservedPorts.take(1)[0]
        let balancer = try BalancerProcess(
            try await cluster.status().database, at: .port(port),
            settings: ["LB_ACCESS_LOG": "stderr", "LB_LOG_FORMAT": form, "LB_LOG_LEVEL": "trace"])
        try await balancer.ready()
        let statuses = try await onThread {
            let connection = try HTTPConnection(port: port)
            return try ["/page?q=hidden1", "/lb/ping?q=hidden2"].map { target in
                try connection.request(
                    "GET", target, fields: [("Cookie", "session=hidden3"), ("Authorization", "Bearer hidden4")]
                ).status
            }
        }
        #expect(statuses.last == 200)
        let marks = form == "text" ? ["\"GET /page HTTP/1.1\"", "via=api"] : ["\"path\":\"/page\"", "\"via\":\"api\""]
        try await eventually("both lines:\n\(balancer.output.text)", within: .seconds(30)) {
            marks.allSatisfy { balancer.output.text.contains($0) }
        }
        try await balancer.stop()
        #expect(!balancer.output.text.contains("hidden"))
    }
}
