import ClusterCore
import ControlPlane
import HTTPTypes

/// The caller's own pin: seen, set and cleared, by pages for people and by JSON for Kuma's web UI.
enum PinEndpoints {
    static let group = EndpointGroup(
        "pin", "The caller's own pin.",
        [
            Endpoint(
                .get, "/lb/fixed-node-status", .open, "The caller's pin.",
                examples: [Example(fields: [("Cookie", "\(PinCookie.name)={{node}}")])], action: status),
            Endpoint(
                .get, "/lb/fixed-node/{node}", .ownPin, "Pins the caller; a page for people.",
                parameters: [.node],
                examples: [Example(fields: browser), Example("Pin me, without a page", fields: script)],
                refuse: refuseByPage, action: pinByPage),
            Endpoint(
                .post, "/lb/set-fixed-node", .ownPin, "Pins the caller.", body: PinRequest.schema,
                refusals: [.refusal(400, "The body is wrong, or no client can be pinned to the node now.")],
                examples: [Example(body: #"{"node": "{{node}}", "expires": 604800}"#)], action: pinByBody),
            Endpoint(
                .get, "/lb/clear-fixed-node", .ownPin, "Unpins the caller; a page for people.",
                examples: [Example(fields: browser), Example("Unpin me, without a page", fields: script)],
                refuse: refuseByPage, action: clearByPage),
            Endpoint(.post, "/lb/clear-fixed-node", .ownPin, "Unpins the caller.", action: clear),
        ])

    private typealias Example = Endpoint.Example

    private static let browser = [("Accept", "text/html"), ("Accept-Language", "en")]
    private static let script = [("Accept", "application/json")]

    private static func status(_ request: APIRequest, _ sources: AnswerSources) -> MarkedAnswer<PinStatus> {
        let (snapshot, table) = (sources.control.snapshot, sources.control.routingTable)
        let pin = PinCookie.node(in: request.fields)
        let status = PinStatus(
            pin: pin, verdict: pin.map { PinVerdict(node: $0, in: table) }, cluster: PinStatus.Cluster(snapshot))
        return snapshot.marked(status, at: Moment.now)
    }

    private static func pinByPage(_ request: APIRequest, _ sources: AnswerSources) throws(Refusal) -> PinPageAnswer {
        let table = sources.control.routingTable
        let node = try? NodeID(request.node)
        let verdict = node.map { PinVerdict(node: $0, in: table) } ?? .unknown
        let wantsJSON = request.prefers("application/json", over: "text/html")
        guard let node, verdict == .valid else {
            if wantsJSON { throw refusal(of: request.node, because: verdict, sources) }
            return .refused(
                PinPages.refused(
                    request.node, because: verdict, available: sources.pinnableNodes, languages: request.languages))
        }
        let lifetime = PinCookie.defaultLifetime
        if wantsJSON { return .pinned(Pinned(node: node, lifetime: lifetime)) }
        let known = sources.pinnableNodes.first { $0.id == node } ?? PinnableNode(id: node, name: "")
        return .page(
            PinPages.pinned(to: known, languages: request.languages), cookie: PinCookie.set(node, lifetime: lifetime))
    }

    private static func pinByBody(_ request: APIRequest, _ sources: AnswerSources) throws(Refusal) -> Pinned {
        let wanted = try PinRequest(body: request.body)
        let verdict = PinVerdict(node: wanted.node, in: sources.control.routingTable)
        guard verdict == .valid else { throw refusal(of: wanted.node.text, because: verdict, sources) }
        return Pinned(node: wanted.node, lifetime: wanted.lifetime)
    }

    private static func refusal(of node: String, because verdict: PinVerdict, _ sources: AnswerSources) -> Refusal {
        Refusal(
            .badRequest, verdict.reason ?? .unknownNode, "\(node) \(verdict.phrase[.english])",
            help: Refusal.Help(allowed: sources.pinnableNodes.map(\.id.text)))
    }

    private static func clearByPage(_ request: APIRequest, _ sources: AnswerSources) -> UnpinPageAnswer {
        if request.prefers("application/json", over: "text/html") { return .cleared(Unpinned()) }
        return .page(PinPages.cleared(languages: request.languages))
    }

    private static func clear(_ request: APIRequest, _ sources: AnswerSources) -> Unpinned { Unpinned() }

    /// A person who followed a link from another site sees a page with the same link to confirm.
    @Sendable private static func refuseByPage(_ refusal: Refusal, _ request: APIRequest) -> Answer {
        let isForPeople = !request.prefers("application/json", over: "text/html")
        guard isForPeople, refusal.reason == .crossSite else { return refusal.answer }
        return Answer(
            .page(PinPages.crossSite(path: request.path, languages: request.languages)), status: refusal.status,
            fields: refusal.fields)
    }
}
