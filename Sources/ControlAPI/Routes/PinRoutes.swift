import ClusterCore
import ControlPlane
import HTTPTypes

/// The caller's own pin: seen, set and cleared, by pages for people and by JSON for Kuma's web UI.
struct PinRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        [
            Endpoint("/lb/fixed-node-status", .open, [.get: { request in status(request) }]),
            Endpoint(
                "/lb/fixed-node/{node}", .ownPin, [.get: { request in pinByPage(request) }],
                refuse: PinRoutes.refuseByPage),
            Endpoint("/lb/set-fixed-node", .ownPin, [.post: { request throws(Refusal) in try pinByBody(request) }]),
            Endpoint(
                "/lb/clear-fixed-node", .ownPin,
                [.get: { request in clearByPage(request) }, .post: { _ in PinRoutes.clearedJSON }],
                refuse: PinRoutes.refuseByPage),
        ]
    }

    private func status(_ request: APIRequest) -> Answer {
        let (state, table, moment) = (sources.control.state, sources.control.routingTable, Moment.now)
        let pin = PinCookie.node(in: request.fields)
        let verdict = pin.map { PinVerdict(node: $0, in: table) }
        let nodes = state.nodes.map { node -> JSON in
            ["node_id": .string(node.record.id.text), "status": .string(node.record.status.rawValue)]
        }
        let online = state.nodes.count { $0.record.status == .online }
        var fields: [JSON.Field] = [
            JSON.Field("has_fixed_node", .bool(pin != nil)),
            JSON.Field("current_node", JSON(pin?.text)),
            JSON.Field("is_valid", .bool(verdict == .valid)),
            JSON.Field(
                "cluster_status",
                [
                    "total_nodes": .integer(nodes.count),
                    "online_nodes": .integer(online),
                    "nodes": .array(nodes),
                ]),
        ]
        if let reason = verdict?.reason { fields.append(JSON.Field("invalid_reason", .string(reason.rawValue))) }
        return .json(JSON.object(fields + state.staleMarks(moment)))
    }

    private func pinByPage(_ request: APIRequest) -> Answer {
        let table = sources.control.routingTable
        let node = try? NodeID(request.node)
        let verdict = node.map { PinVerdict(node: $0, in: table) } ?? .unknown
        let wantsJSON = request.prefers("application/json", over: "text/html")
        guard let node, verdict == .valid else {
            if wantsJSON { return refusal(of: request.node, because: verdict).answer }
            let page = PinPages.refused(
                request.node, because: verdict, available: sources.pinnableNodes, languages: request.languages)
            return Answer(.page(page), status: .badRequest)
        }
        let lifetime = PinCookie.defaultLifetime
        if wantsJSON { return PinRoutes.pinnedJSON(node, lifetime: lifetime) }
        let known = sources.pinnableNodes.first { $0.id == node } ?? PinnableNode(id: node, name: "")
        return Answer(
            .page(PinPages.pinned(to: known, languages: request.languages)),
            fields: [.setCookie: PinCookie.set(node, lifetime: lifetime)])
    }

    private func pinByBody(_ request: APIRequest) throws(Refusal) -> Answer {
        let wish = try PinWish(body: request.body)
        let verdict = PinVerdict(node: wish.node, in: sources.control.routingTable)
        guard verdict == .valid else { throw refusal(of: wish.node.text, because: verdict) }
        return PinRoutes.pinnedJSON(wish.node, lifetime: wish.lifetime)
    }

    private func refusal(of node: String, because verdict: PinVerdict) -> Refusal {
        let available = sources.pinnableNodes.map { JSON.string($0.id.text) }
        return Refusal(
            .badRequest, verdict.reason ?? .unknownNode, "\(node) \(verdict.phrase[.english])",
            help: [JSON.Field("allowed", .array(available))])
    }

    private func clearByPage(_ request: APIRequest) -> Answer {
        if request.prefers("application/json", over: "text/html") { return PinRoutes.clearedJSON }
        return Answer(
            .page(PinPages.cleared(languages: request.languages)), fields: [.setCookie: PinCookie.clear])
    }

    private static func pinnedJSON(_ node: NodeID, lifetime: Int) -> Answer {
        let body: JSON = [
            "success": true,
            "node": .string(node.text),
            "expires_in_seconds": .integer(lifetime),
            "message": .string("requests of this client go to \(node.text)"),
        ]
        return Answer(.json(body), fields: [.setCookie: PinCookie.set(node, lifetime: lifetime)])
    }

    private static var clearedJSON: Answer {
        Answer(
            .json(["success": true, "message": "the cluster chooses a node again"]),
            fields: [.setCookie: PinCookie.clear])
    }

    /// A person who followed a link from another site sees a page with the same link to confirm.
    @Sendable private static func refuseByPage(_ refusal: Refusal, _ request: APIRequest) -> Answer {
        let isPage = request.method == .get && !request.prefers("application/json", over: "text/html")
        guard isPage, refusal.reason == .crossSite else { return refusal.answer }
        return Answer(
            .page(PinPages.crossSite(path: request.path, languages: request.languages)), status: refusal.status,
            fields: refusal.fields)
    }
}
