import ControlAPI
import DemoCluster
import Foundation
import HTTPTestClient
import SchemaChecking
import Testing
import Waiting

extension EndToEnd {
    @Suite(
        "The API of two balancers", .serialized, .cluster("--balancers", "2", "--return-hold", "1s"))
    struct API {
        private let cluster: ClusterUnderTest

        init() throws { cluster = try ClusterUnderTest.running }

        func callers() async throws -> [APICaller] {
            var callers: [APICaller] = []
            for port in cluster.balancerPorts { callers.append(try await APICaller(port: port)) }
            return callers
        }

        @Test("Every operation that a balancer describes is called here, by its row's examples")
        func complete() async throws {
            let described = try await APICaller(port: cluster.balancerPorts[0]).description.operations
            let called = Set(APICall.all.map(\.operation))
            #expect(described.subtracting(called) == [], "no test calls it")
            #expect(called.subtracting(described) == [], "the balancer does not have it")
            #expect(Set(WrongRequest.all.map(\.operation)).subtracting(called) == [])
            print("measured: \(described.count) operations, \(APICall.all.count) calls of them")
        }

        @Test("Every row answers on both balancers as it is described, with the fields that all answers have")
        func shapes() async throws {
            try await cluster.settled()
            let callers = try await callers()
            for caller in callers {
                for call in APICall.all {
                    let reply = try await caller.make(call)
                    #expect(reply.status == call.status, "\(call.testDescription): \(reply.text)")
                    #expect(reply.field("X-Balancer") != nil, "\(call.testDescription)")
                    #expect(reply.field("Cache-Control") == "no-store", "\(call.testDescription)")
                    #expect(reply.field("X-Content-Type-Options") == "nosniff", "\(call.testDescription)")
                    #expect(reply.field("X-Routed-To") == nil, "\(call.testDescription)")
                    #expect(reply.body.last == UInt8(ascii: "\n"), "\(call.testDescription)")
                }
            }
            try await cluster.settled()
            print("measured: \(callers.reduce(0) { $0 + $1.validated }) answers of two balancers fit their schemas")
        }

        @Test("HEAD is GET without a body, and a wrong method is answered the right ones")
        func methods() async throws {
            try await cluster.settled()
            for caller in try await callers() {
                for call in APICall.all where call.method == "GET" && call.access != .admin {
                    let (get, head) = (
                        try await caller.make(call),
                        try await caller.askUndescribed("HEAD", call.target, fields: call.fields)
                    )
                    #expect(head.status == get.status, "\(call.testDescription)")
                    #expect(head.body.isEmpty, "\(call.testDescription)")
                    #expect(head.field("Content-Type") == get.field("Content-Type"), "\(call.testDescription)")
                }
                for call in APICall.all {
                    let described = caller.description.operations.filter {
                        $0.hasSuffix(" " + call.operation.split(separator: " ")[1])
                    }
                    let reply = try await caller.askUndescribed("DELETE", call.path)
                    #expect(reply.status == 405, "\(call.testDescription)")
                    let allowed = Set((reply.field("Allow") ?? "").split(separator: ", ").map(String.init))
                    #expect(allowed.subtracting(["HEAD"]) == Set(described.map { String($0.prefix { $0 != " " }) }))
                    #expect(allowed.contains("HEAD") == allowed.contains("GET"))
                    #expect(reply.reason == "method_not_allowed")
                }
            }
        }

        @Test("Acting by HEAD does nothing")
        func safeMethods() async throws {
            try await cluster.settled()
            let caller = try await APICaller(port: cluster.balancerPorts[0])
            let before = try await caller.json("/lb/rebalancing-status")["job"]
            for call in APICall.all where call.method == "GET" && call.access == .admin {
                #expect(try await caller.askUndescribed("HEAD", call.path + "?confirm=yes").status == 200)
            }
            #expect(try await caller.json("/lb/rebalancing-status")["job"] == before)
        }

        @Test("The old names lead to the new ones, whatever the method, with the query")
        func redirects() async throws {
            let caller = try await APICaller(port: cluster.balancerPorts[0])
            for call in APICall.all where call.status == 308 {
                let location = try #require(try await caller.make(call).field("Location"))
                #expect(location.hasPrefix("/lb/") && location.hasSuffix("?x=1"), "\(call.testDescription)")
                let method = call.method
                #expect(
                    caller.description.operations.contains("GET \(location.dropLast(4))")
                        || caller.description.operations.contains("POST \(location.dropLast(4))"),
                    "\(method) \(location)")
            }
        }

        @Test("A follower answers the same as the leader")
        func followerAgrees() async throws {
            try await cluster.settled()
            let callers = try await callers()
            let whole = [
                "/lb/capacity", "/lb/setup-status", "/lb/available-nodes", "/lb/events?limit=20", "/lb/moves?limit=20",
                "/lb/openapi.json",
            ]
            for target in whole {
                try await eventually("both answer alike: \(target)") {
                    try await callers[0].json(target) == (try await callers[1].json(target))
                }
            }
            let parts: [(String, [String])] = [
                ("/lb/health", ["node_id", "status", "monitor_count", "node_name", "admin_state", "routable"]),
                (
                    "/lb/node-status",
                    ["node_id", "status", "speaker", "home_count", "visiting_count", "is_primary", "host"]
                ),
            ]
            for (target, names) in parts {
                try await eventually("both say the same of each node: \(target)") {
                    var seen: [[[JSONValue?]]] = []
                    for caller in callers {
                        let nodes = try await caller.json(target)["nodes"]?.elements ?? []
                        seen.append(nodes.map { node in names.map { node[$0] } })
                    }
                    return seen[0].count == 3 && seen[0] == seen[1]
                }
            }
            try await eventually("one leads, and both name it") {
                let leaders = [try await callers[0].json("/lb/leader"), try await callers[1].json("/lb/leader")]
                return leaders[0]["leader"] == leaders[1]["leader"] && leaders[0]["epoch"] == leaders[1]["epoch"]
                    && leaders.count { $0["self"] == .bool(true) } == 1
            }
        }

        /// Not a case each: every caller reads the whole description first.
        @Test("What is wrong with a request is named")
        func errors() async throws {
            let callers = try await callers()
            for caller in callers {
                for wrong in WrongRequest.all {
                    let reply = try await caller.ask(wrong.operation, wrong.target, wrong.fields, wrong.body)
                    #expect(reply.status == wrong.status, "\(wrong.testDescription): \(reply.text)")
                    #expect(reply.reason == wrong.reason, "\(wrong.testDescription)")
                }
            }
            print("measured: \(callers.reduce(0) { $0 + $1.validated }) refusals fit their schemas")
        }

        @Test("Any other path is a 404 in JSON, and other spellings of a path go to a node")
        func unknown() async throws {
            let caller = try await APICaller(port: cluster.balancerPorts[0])
            for path in ["/lb/nothing", "/lb/ping/", "/lb/nodes/node1", "/lb/events/live"] {
                let reply = try await caller.askUndescribed("GET", path)
                #expect(reply.status == 404 && reply.reason == "not_found", "\(path)")
                #expect(reply.field("X-Balancer") != nil)
            }
            for path in ["/%6cb/ping", "//lb/ping", "/lb%2fping", "/./lb/ping"] {
                let reply = try await caller.askUndescribed("GET", path)
                #expect(reply.field("X-Routed-To") != nil && reply.field("X-Balancer") == nil, "\(path)")
            }
        }
    }
}
