import ClusterCore
import FoundationEssentials
import HTTPTypes

/// The body of `POST /lb/set-fixed-node`: `{"node":"node2","expires":604800}`.
struct PinRequest: Sendable {
    let node: NodeID
    /// Seconds.
    let lifetime: Int

    static let schema = Schema.object(
        Schema.Object([
            Schema.Field("node", .nodeID, "The node to be pinned to."),
            Schema.Field("expires", expires.schema, "Seconds.", .sometimes),
        ]))

    private struct Body: Decodable {
        let node: String?
        /// Any JSON number; only a whole one in range is accepted.
        let expires: Double?
    }

    private struct NodeAlone: Decodable {
        let node: String?
    }

    /// - Throws: a refusal that says which part is wrong and how it should be.
    init(body: [UInt8]) throws(Refusal) {
        let decoded = try PinRequest.decode(body)
        guard let text = decoded.node else {
            throw Refusal(.badRequest, .missingNode, "the body names no node: send {\"node\":\"node2\"}")
        }
        guard let node = try? NodeID(text) else {
            throw Refusal(.badRequest, .invalidNode, "node must be \(NodeID.rule)")
        }
        let seconds = decoded.expires ?? Double(PinCookie.defaultLifetime)
        guard let lifetime = Int(exactly: seconds), PinCookie.lifetimes.contains(lifetime) else {
            throw PinRequest.expires.refusal(of: Int(exactly: seconds).map { String($0) } ?? String(seconds))
        }
        self.node = node
        self.lifetime = lifetime
    }

    private static func decode(_ bytes: [UInt8]) throws(Refusal) -> Body {
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch let error as DecodingError {
            // What can be read without the number has one that no Double can hold.
            if case .dataCorrupted = error, (try? JSONDecoder().decode(NodeAlone.self, from: Data(bytes))) != nil {
                throw expires.refusal(of: "beyond all numbers")
            }
            throw refusal(for: error)
        } catch {
            throw notJSON
        }
    }

    private static func refusal(for error: DecodingError) -> Refusal {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            wrongType(context.codingPath.first?.stringValue)
        case .dataCorrupted:
            notJSON
        @unknown default:
            notJSON
        }
    }

    private static func wrongType(_ field: String?) -> Refusal {
        switch field {
        case "node": Refusal(.badRequest, .wrongType, "node must be a string")
        case "expires": Refusal(.badRequest, .wrongType, "expires must be a number of seconds")
        case _: Refusal(.badRequest, .wrongType, "the body must be a JSON object")
        }
    }

    private static let notJSON = Refusal(.badRequest, .invalidJSON, "the body is not JSON")

    static let expires = NumberParameter(
        name: "expires", range: PinCookie.lifetimes, reason: .invalidExpires, fallback: PinCookie.defaultLifetime)
}
