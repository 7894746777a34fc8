import Foundation

/// `Endpoints.md`: what the tests of this folder ask of each operation. Made of the very calls, so that it cannot rot.
enum EndpointListing {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Endpoints.md")

    /// As it is in the tree.
    static var kept: String {
        get throws { try String(contentsOf: path, encoding: .utf8) }
    }

    /// As it should be.
    static var text: String {
        var seen: Set<String> = []
        let operations = APICall.all.map(\.operation).filter { seen.insert($0).inserted }
        return head + operations.map(row).joined()
    }

    private static let head = """
        # The API's endpoints and their tests

        Written by `EndpointListing`; a test compares it with the calls, and the calls with `/lb/openapi.json`, both ways.

        Every operation is called on each of two balancers, the leader and a follower. Of every answer are checked: status,
        schema, the fields that all answers have, HEAD where there is GET, 405 with `Allow`; by a stranger, with a wrong token,
        with the right one, and from another site; with the database away. What depends on the cluster's state – 202 for a rebalancing
        that was begun, 409 in a pause, what a drain or a pause does – is `APIActionTests`'.

        | operation | answers | who may | database away | refusals tried by name |
        |---|---|---|---|---|

        """

    private static func row(_ operation: String) -> String {
        let calls = APICall.all.filter { $0.operation == operation }
        let columns = [
            "`\(operation)`", joined(calls.map { String($0.status) }), joined(calls.map(\.rule.rawValue)),
            joined(calls.map(\.away.rawValue)),
            joined(WrongRequest.all.filter { $0.operation == operation }.map { "\($0.status) \($0.reason)" }),
        ]
        return "| \(columns.joined(separator: " | ")) |\n"
    }

    /// Each once.
    private static func joined(_ words: [String]) -> String { Set(words).sorted().joined(separator: ", ") }
}
