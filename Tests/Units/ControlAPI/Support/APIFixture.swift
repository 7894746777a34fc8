import ClusterCore
import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// The API in front of a fixture, asked without a network.
struct APIFixture: Sendable {
    var control = FixtureControl()
    var serving = ServingState()
    var log = FixtureLog()
    var traffic = [TrafficFacts(), TrafficFacts()]
    var configuration = ControlAPIConfiguration(
        socketPath: "/nonexistent/api.sock", balancer: BalancerID(text: "lb-test-1"), version: "1.0.0")
    /// What the data plane stamps.
    var client: String? = "192.0.2.7"

    /// Asks from this machine, and is allowed to by `LB_ADMIN_ALLOW`.
    mutating func becomeAdministrator() {
        client = "127.0.0.1"
        configuration.adminAllowed = AddressRange.loopback
    }

    var api: ControlAPI {
        ControlAPI(
            configuration: configuration, control: control, serving: serving,
            traffic: traffic, log: log,
            logger: Logger(label: "test"))
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ fields: [String: String] = [:], body: String? = nil
    ) async throws -> Reply {
        var headers = HTTPFields()
        if let client { headers[try name("X-Forwarded-For")] = client }
        for (name, value) in fields { headers[try self.name(name)] = value }
        let buffer = body.map { ByteBuffer(string: $0) }
        let sent = headers
        let response = try await api.application.test(.router) { client in
            try await client.executeRequest(uri: path, method: method, headers: sent, body: buffer)
        }
        let reply = Reply(
            status: response.status.code, fields: response.headers, text: String(buffer: response.body))
        try AnswerValidation.check(method, path, reply)
        return reply
    }

    func get(_ path: String, _ fields: [String: String] = [:]) async throws -> Reply {
        try await ask(.get, path, fields)
    }

    func post(_ path: String, _ fields: [String: String] = [:], body: String? = nil) async throws -> Reply {
        try await ask(.post, path, fields, body: body)
    }

    private func name(_ text: String) throws -> HTTPField.Name { try #require(HTTPField.Name(text)) }
}

struct Reply: Sendable {
    let status: Int
    let fields: HTTPFields
    let text: String

    subscript(field: String) -> String? { HTTPField.Name(field).flatMap { fields[$0] } }

    /// The names of the outermost object, in the order in which they were written.
    var keys: [String] { KeyOrder.keys(of: text) }

    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    func objects(_ key: String) throws -> [[String: Any]] { try #require(try object()[key] as? [[String: Any]]) }

    func string(_ key: String) throws -> String { try #require(try object()[key] as? String) }
}

/// Reads the order of names, which every JSON reader throws away.
enum KeyOrder {
    static func keys(of text: String) -> [String] {
        var (keys, depth, name, isInString, isEscaped): ([String], Int, String, Bool, Bool) = ([], 0, "", false, false)
        for character in text {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    isInString = false
                } else {
                    name.append(character)
                }
                continue
            }
            switch character {
            case "\"": (isInString, name) = (true, "")
            case "{", "[": depth += 1
            case "}", "]": depth -= 1
            case ":" where depth == 1: keys.append(name)
            case _: break
            }
        }
        return keys
    }
}
