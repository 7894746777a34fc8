import ControlAPI
import Testing

/// One call of one row of the API, and what the row promises of it.
struct APICall: Sendable, CustomTestStringConvertible {
    /// Every example of every row that leaves a settled cluster as it is, or is undone by a later one.
    static let all: [APICall] = ControlAPI.endpoints.flatMap { endpoint in
        endpoint.examples.compactMap { APICall(endpoint, $0) }
    }

    /// Whom the examples name.
    private static let node = "node3"

    private let endpoint: Endpoint
    private let example: Endpoint.Example
    /// Asked of a healthy cluster.
    let status: Int

    /// Nil for an example that only people try.
    private init?(_ endpoint: Endpoint, _ example: Endpoint.Example) {
        guard case .tried(let status) = example.use else { return nil }
        self.endpoint = endpoint
        self.example = example
        self.status = status
    }

    /// As the description lists it: `POST /lb/nodes/{node}/drain`.
    var operation: String { endpoint.operation }
    var method: String { endpoint.method.rawValue }
    var path: String { endpoint.path.replacing("{node}", with: APICall.node) }
    var target: String { path + example.query }
    var fields: [(String, String)] { example.fields.map { ($0.name, APICall.named($0.value)) } }
    var body: String? { example.body.map(APICall.named) }
    var access: Endpoint.Access { endpoint.access }
    var whileAway: Endpoint.WhileAway { endpoint.whileAway }
    var testDescription: String { "\(method) \(target)" }

    private static func named(_ text: String) -> String { text.replacing("{{node}}", with: node) }
}
