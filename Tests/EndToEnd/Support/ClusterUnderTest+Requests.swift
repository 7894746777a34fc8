import Foundation
import HTTPTestClient

/// One node as `/lb/health` shows it.
struct ShownNode: Decodable, Equatable {
    let nodeId: String
    let status: String
    let monitorCount: Int
    let adminState: String
}

/// A node as `/lb/node-status` shows it.
struct ShownDetails: Decodable {
    struct Agent: Decodable {
        let okStreak: Int
    }

    let status: String
    let agent: Agent

    /// A node calls itself online when it starts; whoever speaks for it may yet say that he found nobody there.
    var isProven: Bool { status == "online" && agent.okStreak > 0 }
}

extension ClusterUnderTest {
    /// One request on a connection of its own.
    func request(
        _ method: String = "GET", _ target: String, balancer: Int = 1, fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws -> HTTPReply {
        let port = balancerPorts[balancer - 1]
        return try await onThread {
            try HTTPConnection(port: port, timeout: .seconds(20)).request(
                method, target, fields: fields, body: body)
        }
    }

    /// `/lb/health`'s nodes.
    func health(balancer: Int = 1) async throws -> [ShownNode] {
        struct Health: Decodable {
            let nodes: [ShownNode]
        }
        return try await decoded(Health.self, "/lb/health", balancer: balancer).nodes
    }

    func details(balancer: Int = 1) async throws -> [ShownDetails] {
        struct Details: Decodable {
            let nodes: [ShownDetails]
        }
        return try await decoded(Details.self, "/lb/node-status", balancer: balancer).nodes
    }

    func decoded<Shown: Decodable>(_ type: Shown.Type, _ target: String, balancer: Int = 1) async throws -> Shown {
        let reply = try await request("GET", target, balancer: balancer)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(reply.body))
    }

    func status(of node: String, balancer: Int = 1) async throws -> String? {
        try await health(balancer: balancer).first { $0.nodeId == node }?.status
    }

    func adminState(of node: String, balancer: Int = 1) async throws -> String? {
        try await health(balancer: balancer).first { $0.nodeId == node }?.adminState
    }

    /// The node that served a page: it names itself there.
    static func node(naming page: HTTPReply) -> String? {
        let marker = "<b id=\"node\">"
        guard let start = page.text.firstRange(of: marker)?.upperBound else { return nil }
        return String(page.text[start...].prefix { $0 != "<" })
    }
}
