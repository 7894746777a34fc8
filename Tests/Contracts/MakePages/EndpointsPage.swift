import ControlAPI

/// `ControlAPI.docc/Endpoints.md`: every row of the API for people, with the same words as `/lb/openapi.json`.
enum EndpointsPage {
    static var page: MadePage {
        MadePage(path: "Sources/ControlAPI/ControlAPI.docc/Endpoints.md", text: text)
    }

    private static var text: String {
        let groups = ControlAPI.groups.map(group)
        let objects = ControlAPI.sharedObjects.sorted { ($0.name ?? "") < ($1.name ?? "") }.map(object)
        return ([introduction] + groups + [objectsIntroduction] + objects).joined(separator: "\n")
    }

    private static let introduction = """
        # Endpoints

        Every row of the `/lb/` API: who may use it, what it takes, what it answers.

        ## Overview

        <!-- Made by Tests/make-pages from the rows in ControlAPI/Endpoints; a test compares. -->

        The API is served on the cluster's own port and, where `LB_ADMIN_LISTEN` is set, on that address too.
        `/lb/openapi.json` describes the same for programs, and `compose/cluster.http` has a request for each row.

        Answers are JSON with a stable order of fields, a newline at the end, and `Cache-Control: no-store`; `X-Balancer`
        names who answered. HEAD works where GET does. A wrong method is answered by 405 with `Allow`, any other path below
        `/lb/` by 404. A refusal is an `Error` (see below): a sentence for people and a word for programs. Additions are new
        fields, words and endpoints; whatever else changes is in the changelog, under what to look at.

        Who may: *anybody*; *readers* are everybody, unless `LB_API_ALLOW` names addresses; *own pin* is anybody, but never
        on behalf of another site; *administrators* show `LB_ADMIN_TOKEN` or come from `LB_ADMIN_ALLOW`.

        """

    private static func group(_ group: EndpointGroup) -> String {
        let heading = "## \(group.name.prefix(1).uppercased())\(group.name.dropFirst())\n\n\(group.meaning)\n"
        if group.endpoints.allSatisfy({ $0.access == .redirect }) {
            return heading + "\n" + redirects(group.endpoints)
        }
        return ([heading] + group.endpoints.map(endpoint)).joined(separator: "\n")
    }

    /// Alike but for their names: a line each, for all methods.
    private static func redirects(_ endpoints: [Endpoint]) -> String {
        let rows = endpoints.filter { $0.method == .get }.map { [code($0.path), $0.summary] }
        return "By GET, HEAD and POST, with 308, a relative `Location` and the query kept.\n\n"
            + MarkdownTable(["name", "what it does"], rows).text
    }

    private static func endpoint(_ endpoint: Endpoint) -> String {
        var text = "### \(endpoint.operation)\n\n\(endpoint.summary) Who may: \(who(endpoint.access)). "
        text += "While the database is away: \(away(endpoint.whileAway)).\n"
        if !endpoint.parameters.isEmpty {
            let rows = endpoint.parameters.map { parameter in
                [code(parameter.name), parameter.place.rawValue, SchemaWords.word(parameter.schema), parameter.meaning]
            }
            text += "\n" + MarkdownTable(["parameter", "in", "type", "meaning"], rows).text
        }
        if case .object(let object) = endpoint.body {
            text += "\nIts body is JSON:\n\n" + fields(object)
        }
        let answers = endpoint.responses.map { response in
            [String(response.status), response.content.map { code($0.type) }.joined(separator: ", "), response.meaning]
        }
        text += "\n" + MarkdownTable(["status", "answer", "meaning"], answers).text
        for response in endpoint.responses where response.status < 400 {
            for case .object(let object) in response.content.map(\.schema) {
                text += "\n\(response.status) in JSON:\n\n" + fields(object)
            }
        }
        return text
    }

    private static let objectsIntroduction = "## Objects\n\nWhat several answers share, by the names above.\n"

    private static func object(_ object: Schema.Object) -> String {
        "### \(object.name ?? "")\n\n" + fields(object)
    }

    private static func fields(_ object: Schema.Object) -> String {
        MarkdownTable(["field", "type", "meaning"], rows(object, below: "")).text
    }

    /// Those of objects without a name stand below their field, such as `nodes[].status`.
    private static func rows(_ object: Schema.Object, below place: String) -> [[String]] {
        object.fields.flatMap { field -> [[String]] in
            let name = place + field.name
            let presence =
                switch field.presence {
                case .always: ""
                case .sometimes: ", may be missing"
                }
            let row = [code(name), SchemaWords.word(field.schema) + presence, field.meaning]
            guard let inner = SchemaWords.inner(field.schema) else { return [row] }
            return [row] + rows(inner.object, below: name + inner.suffix)
        }
    }

    private static func who(_ access: Endpoint.Access) -> String {
        switch access {
        case .open, .redirect: "anybody"
        case .state: "readers"
        case .ownPin: "own pin"
        case .admin: "administrators"
        }
    }

    private static func away(_ away: Endpoint.WhileAway) -> String {
        switch away {
        case .same: "what it always answers"
        case .stale: "what was read last, marked as stale"
        case .unavailable: "503"
        }
    }

    private static func code(_ text: String) -> String { "`\(text)`" }
}
