import ControlAPI
import Foundation
import HTTPTypes
import SchemaChecking
import Synchronization
import Testing

/// Compares each answer that any test of this target gets with what `/lb/openapi.json` says of it.
enum AnswerValidation {
    private struct Knowledge: Sendable {
        let description: APIDescription
        let table: EndpointTable
    }

    private static let knowledge: Result<Knowledge, any Error> = Result {
        Knowledge(
            description: try APIDescription(parsing: APIFixture().api.description.text),
            table: EndpointTable(ControlAPI.endpoints))
    }

    private static let count = Atomic<Int>(0)
    /// Printed once, when the tests have ended.
    private static let announcement: Void = {
        atexit { print("measured: \(AnswerValidation.validated) answers fit their OpenAPI schemas") }
    }()

    static var validated: Int { count.load(ordering: .relaxed) }

    /// - Parameter target: with its query.
    static func check(_ method: HTTPRequest.Method, _ target: String, _ reply: Reply) throws {
        _ = announcement
        let knowledge = try knowledge.get()
        let path = target.prefix { $0 != "?" }
        guard let row = knowledge.table.match(String(path)), let method = Endpoint.Method(rawValue: method.rawValue),
            let endpoint = row.endpoints[method]
        else { return }
        let offences = try knowledge.description.offences(
            of: endpoint.operation, status: reply.status,
            contentType: reply["Content-Type"] ?? "", body: reply.text)
        #expect(offences == [], "\(method) \(target): \(reply.text)")
        count.add(1, ordering: .relaxed)
    }
}
