import HTTPFraming
import HTTPTypes

/// The names that scripts of the old system know: each sends the caller on to its `/lb/` name.
enum OldNames {
    static let group = EndpointGroup(
        "old names", "Names that scripts of the old system know.",
        names.flatMap { name in Endpoint.Method.allCases.map { endpoint($0, name.old, leadingTo: name.new) } })

    private static let names = WireNames.olderPaths.map { (old: "\($0.old)", new: "\($0.new)") }

    private static func endpoint(_ method: Endpoint.Method, _ old: String, leadingTo new: String) -> Endpoint {
        Endpoint(
            method, old, .redirect, "Leads to \(new).",
            examples: [Endpoint.Example("An older name: redirects to \(new)", query: "?x=1", .tried(status: 308))],
            action: { request, _ in Redirect(location: request.query.map { "\(new)?\($0)" } ?? new) })
    }
}

/// 308 keeps the method. The location is relative: whatever name and port the client used stay right behind any proxy.
private struct Redirect: AnswerObject, EndpointAnswer {
    let location: String

    static let fields = AnswerFields<Self> {
        $0.field("location", \.location, "Where the caller is sent.")
    }

    static let responses = [Endpoint.Response(308, "The query is kept.", [.json(schema)])]

    var answer: Answer { Answer(.json(json), status: .permanentRedirect, fields: [.location: location]) }
}
