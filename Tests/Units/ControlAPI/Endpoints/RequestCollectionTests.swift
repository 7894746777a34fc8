import ControlAPI
import PackageFiles
import Testing

/// `compose/cluster.http` is made from the rows; whoever uses it would look there in vain for what its maker forgot.
@Suite("The requests for editors' REST clients")
struct RequestCollectionTests {
    private struct Written {
        let operation: String
        let showsToken: Bool
    }

    /// `GET {{host}}/lb/nodes/{{node}}/drain?x=1` and the fields below it.
    private static func written() throws -> [Written] {
        try PackageFiles.text(of: "compose/cluster.http").split(separator: "\n### ").dropFirst().map { text in
            let line = try #require(text.firstMatch(of: /\n(GET|POST) \{\{host\}\}(\/[^\s?]*)/), "\(text)")
            let path = line.2.replacing("{{node}}", with: "{node}")
            return Written(
                operation: "\(line.1) \(path)", showsToken: text.contains("\nAuthorization: Bearer {{token}}"))
        }
    }

    @Test("are for rows that exist, with the token where it is needed, and leave none out")
    func bothWays() throws {
        var missing = Set(EndpointAccessTests.promises.keys)
        let written = try Self.written()
        for request in written {
            missing.remove(request.operation)
            let isOldName = request.operation.hasPrefix("GET /api/") || request.operation == "GET /health"
            let promise = EndpointAccessTests.promises[request.operation]
            #expect(promise != nil || isOldName, "there is no \(request.operation)")
            #expect(request.showsToken == (promise?.access == .admin), "\(request.operation)")
        }
        #expect(missing == [], "compose/cluster.http has no request for these")
        print("measured: \(written.count) requests in compose/cluster.http")
    }
}
