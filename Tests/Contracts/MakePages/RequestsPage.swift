import ControlAPI

/// `compose/cluster.http`: every row's examples, for the REST clients of editors.
enum RequestsPage {
    static var page: MadePage { MadePage(path: "compose/cluster.http", text: text) }

    private static var text: String {
        // Each old name by one method.
        let endpoints = ControlAPI.endpoints.filter { $0.access != .redirect || $0.method == .get }
        let requests = endpoints.flatMap { endpoint in endpoint.examples.map { request(endpoint, $0) } }
        return introduction + requests.joined()
    }

    private static let introduction = """
        # Every endpoint of the balancer, for the REST clients of editors (VS Code "REST Client", JetBrains "HTTP Client").
        # Made by Tests/make-pages from the rows of the API; a test compares.
        # The token is what compose/secrets/admin_token holds, or LB_ADMIN_TOKEN: without one nobody may change anything.
        @host = http://localhost:8084
        @token = change-me
        @node = node2

        """

    private static func request(_ endpoint: Endpoint, _ example: Endpoint.Example) -> String {
        let path = endpoint.path.replacing("{node}", with: "{{node}}")
        let query = endpoint.access == .redirect ? "" : example.query
        var lines = ["", "### \(title(endpoint, example))", "\(endpoint.method.rawValue) {{host}}\(path)\(query)"]
        lines += example.fields.map { "\($0.name): \($0.value)" }
        if endpoint.access == .admin { lines.append("Authorization: Bearer {{token}}") }
        if let body = example.body { lines += ["Content-Type: application/json", "", body] }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func title(_ endpoint: Endpoint, _ example: Endpoint.Example) -> String {
        var title = example.title ?? String(endpoint.summary.dropLast())
        if endpoint.access == .admin { title += " (admin)" }
        return title
    }
}
