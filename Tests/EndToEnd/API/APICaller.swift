import FoundationEssentials
import HTTPTestClient
import SchemaChecking
import Synchronization
import Testing

/// Calls a running balancer and compares every answer with what that balancer says of itself.
final class APICaller: Sendable {
    let port: UInt16
    let description: APIDescription
    private let count = Atomic<Int>(0)

    init(port: UInt16) async throws {
        self.port = port
        let reply = try await APICaller.ask(port, "GET", "/lb/openapi.json", [], nil)
        description = try APIDescription(parsing: reply.text)
    }

    /// Answers that were compared.
    var validated: Int { count.load(ordering: .relaxed) }

    /// - Parameter fields: beside the call's own.
    func make(_ call: APICall, fields: [(String, String)] = []) async throws -> HTTPReply {
        try await ask(call.operation, call.target, call.fields + fields, call.body)
    }

    func ask(
        _ operation: String, _ target: String, _ fields: [(String, String)] = [], _ body: String? = nil
    ) async throws -> HTTPReply {
        let method = String(operation.prefix { $0 != " " })
        let reply = try await APICaller.ask(port, method, target, fields, body)
        let offences = try description.offences(
            of: operation, status: reply.status, contentType: reply.field("Content-Type") ?? "", body: reply.text)
        #expect(offences == [], "\(operation) \(target): \(reply.text)")
        count.add(1, ordering: .relaxed)
        return reply
    }

    /// One that the description says nothing of, such as HEAD.
    func askUndescribed(
        _ method: String, _ target: String, fields: [(String, String)] = []
    ) async throws -> HTTPReply {
        try await APICaller.ask(port, method, target, fields, nil)
    }

    func json(_ target: String) async throws -> JSONValue {
        let operation = "GET \(target.prefix { $0 != "?" })"
        return try JSONValue(parsing: try await ask(operation, target).text)
    }

    private static func ask(
        _ port: UInt16, _ method: String, _ target: String, _ fields: [(String, String)], _ body: String?
    ) async throws -> HTTPReply {
        try await onThread {
            try HTTPConnection(port: port, timeout: .seconds(20)).request(
                method, target, fields: fields, body: body.map { Array($0.utf8) })
        }
    }
}

extension HTTPReply {
    /// The machine word of a refusal.
    var reason: String? { (try? JSONValue(parsing: text))?["reason"]?.text }
}
