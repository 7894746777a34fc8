import ControlAPI
import Foundation
import HTTPTypes
import Testing

/// What `/lb/openapi.json` promises of parameters is what the endpoints hold to: found in the description, tried one by one.
@Suite("Numbers and words that a request may bring")
struct ParameterTests {
    private struct Promise {
        let method: HTTPRequest.Method
        let path: String
        let name: String
        let place: String
        let schema: [String: Any]

        var words: [String]? {
            schema["enum"] as? [String] ?? (schema["const"] as? String).map { [$0] }
        }

        var isNumber: Bool { schema["type"] as? String == "integer" }
    }

    private static func promises() async throws -> [Promise] {
        let document = try await APIFixture().get("/lb/openapi.json").object()
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        return paths.flatMap { path, methods in
            methods.flatMap { method, operation in
                (operation["parameters"] as? [[String: Any]] ?? []).compactMap { parameter -> Promise? in
                    guard let name = parameter["name"] as? String, let place = parameter["in"] as? String,
                        let schema = parameter["schema"] as? [String: Any]
                    else { return nil }
                    return Promise(
                        method: method == "post" ? .post : .get, path: path, name: name, place: place, schema: schema)
                }
            }
        }
    }

    private static func ask(_ promise: Promise, _ value: String) async throws -> Reply {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        guard promise.place == "query" else {
            return try await fixture.ask(promise.method, promise.path, [promise.name: value])
        }
        let value = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try await fixture.ask(promise.method, "\(promise.path)?\(promise.name)=\(value)")
    }

    @Test("a number's range is described, and a number beyond it is answered its name, its value and the range")
    func numbers() async throws {
        let numbers = try await Self.promises().filter(\.isNumber)
        #expect(
            Set(numbers.map(\.name)) == ["limit", "before", "lines", "max_moves", "Last-Event-ID"])
        for number in numbers {
            let (place, schema) = ("\(number.path) \(number.name)", number.schema)
            let least = try #require(schema["minimum"] as? Int, "\(place)")
            let most = try #require(schema["maximum"] as? Int, "\(place)")
            for good in [least, most] {
                let reply = try await Self.ask(number, String(good))
                // Without its confirmation a dangerous one shows its plan.
                #expect(reply.status < 400 || reply.status == 428, "\(place)=\(good): \(reply.text)")
            }
            for bad in [
                String(least - 1), String(UInt64(most) + 1), "99999999999999999999999", "-1", "x", "1.5", "1e1", "",
                "+5", "0x10",
            ] {
                let reply = try await Self.ask(number, bad)
                #expect(reply.status == 400, "\(place)=\(bad): \(reply.text)")
                let answer = try reply.object()
                let error = try reply.string("error")
                #expect(error.contains("\(number.name) must be a whole number from \(least) to \(most)"), "\(error)")
                #expect(answer["parameter"] as? String == number.name && answer["value"] as? String == bad)
                #expect(answer["minimum"] as? Int == least)
                #expect(answer["maximum"] as? Int == most)
            }
        }
    }

    @Test("a word is one of those that are described, and any other is answered them")
    func words() async throws {
        let promises = try await Self.promises().filter { $0.words != nil }
        #expect(Set(promises.map(\.name)) == ["kind", "level", "dry_run", "confirm"])
        for promise in promises {
            let words = promise.words ?? []
            for good in words {
                let reply = try await Self.ask(promise, good)
                // Without its confirmation a dangerous one shows its plan.
                #expect(
                    reply.status < 400 || reply.status == 428, "\(promise.path) \(promise.name)=\(good): \(reply.text)")
            }
            for bad in ["nonsense", (words.first ?? "").uppercased() + "!", "\(words.first ?? "") "] {
                let reply = try await Self.ask(promise, bad)
                #expect(reply.status == 400, "\(promise.path) \(promise.name)=\(bad): \(reply.text)")
                #expect(try reply.object()["allowed"] as? [String] == words.filter { !$0.isEmpty })
            }
        }
    }

    @Test("a wrong level in the query is refused also where the body names a good one")
    func twoLevels() async throws {
        var fixture = APIFixture()
        fixture.becomeAdministrator()
        let reply = try await fixture.post("/lb/log-level?level=loud", body: #"{"level":"debug"}"#)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == "invalid_level")
    }

    @Test(
        "a number in a body has its range as well",
        arguments: [
            ("0", "0"), ("31536001", "31536001"), ("1e30", "1e+30"), ("1e400", "beyond all numbers"), ("1.5", "1.5"),
        ])
    func body(number: String, shown: String) async throws {
        let reply = try await APIFixture().post("/lb/set-fixed-node", body: #"{"node":"node1","expires":\#(number)}"#)
        #expect(reply.status == 400)
        #expect(try reply.string("reason") == "invalid_expires")
        let expected = "expires must be a whole number from 1 to 31536000, and is \"\(shown)"
        #expect(try reply.string("error").hasPrefix(expected))
    }
}
