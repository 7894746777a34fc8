import ControlAPI
import Foundation
import PackageFiles
import Testing

/// `compose/cluster.http` is for people, who would look there in vain for what was forgotten.
@Suite("The requests for editors' REST clients")
struct RequestCollectionTests {
    private struct Written {
        let operation: String
        let showsToken: Bool
    }

    /// `GET {{host}}/lb/nodes/{{node}}/drain?x=1` and the fields below it.
    private static func written() throws -> [Written] {
        try PackageFiles.text(of: "compose/cluster.http").components(separatedBy: "\n### ").dropFirst().map { text in
            let line = try #require(text.firstMatch(of: /\n(GET|POST) \{\{host\}\}(\/[^\s?]*)/), "\(text)")
            let path = line.2.replacing("{{node}}", with: "{node}")
            return Written(
                operation: "\(line.1) \(path)", showsToken: text.contains("\nAuthorization: Bearer {{token}}"))
        }
    }

    @Test("are for endpoints that exist, with the token where it is needed, and leave none out")
    func bothWays() throws {
        let endpoints = APIFixture().api.endpoints
        let written = try Self.written()
        var missing = Set(endpoints.map(\.path))
        for request in written {
            let endpoint = endpoints.first { endpoint in
                endpoint.actions.keys.contains { "\($0.rawValue) \(endpoint.path)" == request.operation }
            }
            guard let endpoint else {
                Issue.record("there is no \(request.operation)")
                continue
            }
            missing.remove(endpoint.path)
            #expect(request.showsToken == (endpoint.access == .admin), "\(request.operation)")
        }
        #expect(missing == [], "compose/cluster.http has no request for these")
        print("measured: \(written.count) requests in compose/cluster.http for \(endpoints.count) endpoints")
    }
}
