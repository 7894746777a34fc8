import ControlAPI
import SchemaChecking
import Testing

@Suite("The API's own description")
struct OpenAPITests {
    private let api = APIFixture()

    private func description() async throws -> APIDescription {
        let reply = try await api.get("/lb/openapi.json")
        #expect(reply.status == 200)
        return try APIDescription(parsing: reply.text)
    }

    @Test("names every row with its method, and nothing else")
    func bothWays() async throws {
        let description = try await description()
        let served = ControlAPI.endpoints.map(\.operation)
        #expect(description.operations.subtracting(served) == [], "described and not served")
        #expect(Set(served).subtracting(description.operations) == [], "served and not described")
        #expect(served.count == 67)
        #expect(Set(served).count == served.count, "a row of one method and path hides another")
        #expect(description.version == "3.1.0")
    }

    @Test("has no reference that leads nowhere and no name twice")
    func isSound() async throws {
        let description = try await description()
        #expect(description.danglingReferences == [])
        #expect(Set(description.identifiers).count == description.identifiers.count)
        #expect(description.identifiers.count == description.operations.count)
    }

    @Test("has a meaning for every field, and an example for every row")
    func isReadable() {
        for endpoint in ControlAPI.endpoints {
            #expect(!endpoint.examples.isEmpty, "\(endpoint.operation)")
            for schema in endpoint.responses.flatMap(\.content).map(\.schema) + (endpoint.body.map { [$0] } ?? []) {
                for field in Self.fields(of: schema) {
                    #expect(field.meaning.hasSuffix("."), "\(endpoint.operation) \(field.name): \(field.meaning)")
                }
            }
        }
    }

    private static func fields(of schema: Schema) -> [Schema.Field] {
        switch schema {
        case .object(let object): object.fields + object.fields.flatMap { fields(of: $0.schema) }
        case .list(let element), .map(let element), .orNull(let element): fields(of: element)
        case .boolean, .string, .number, .count, .integer, .time, .nodeID, .words, .constant, .anyObject: []
        }
    }

    @Test("is found wanting where an answer says more, less or something else")
    func canFail() async throws {
        let description = try await description()
        func offences(_ body: String, status: Int = 200, type: String = "application/json") throws -> Int {
            try description.offences(of: "GET /lb/ready", status: status, contentType: type, body: body).count
        }
        #expect(try offences(#"{"ready":true,"reasons":[]}"#) == 0)
        #expect(try offences(#"{"ready":true,"reasons":["draining"]}"#, status: 503) == 0)
        #expect(try offences(#"{"ready":true}"#) == 1)
        #expect(try offences(#"{"ready":"true","reasons":[]}"#) == 1)
        #expect(try offences(#"{"ready":true,"reasons":["tired"]}"#) == 1)
        #expect(try offences(#"{"ready":true,"reasons":[],"mood":1}"#) == 1)
        #expect(try offences(#"{"ready":true,"reasons":[]}"#, status: 202) == 1)
        #expect(try offences("pong", type: "text/plain") == 1)
    }
}
