import ClusterCore
import ClusterStore
import ControlPlane
import FoundationEssentials
import HTTPTypes

/// What a person decides about nodes and about automatic moves, and the journal of what was moved.
struct OrderRoutes: Sendable {
    let sources: AnswerSources

    var endpoints: [Endpoint] {
        AdminState.allCases.map(node) + [
            Endpoint("/lb/pause", .admin, [.post: { request throws(Refusal) in try await self.pause(request) }]),
            Endpoint("/lb/resume", .admin, [.post: { request throws(Refusal) in try await self.resume(request) }]),
            Endpoint("/lb/moves", .state, [.get: { request throws(Refusal) in try await self.moves(request) }]),
        ]
    }

    // MARK: - Nodes

    private func node(_ state: AdminState) -> Endpoint {
        Endpoint(
            "/lb/nodes/{node}/\(state.verb)", .admin,
            [.post: { request throws(Refusal) in try await self.set(state, request) }])
    }

    private func set(_ state: AdminState, _ request: APIRequest) async throws(Refusal) -> Answer {
        let moved: Int?
        let node = try? NodeID(request.node)
        do throws(StoreError) {
            if let node {
                moved = try await sources.control.setAdminState(state, of: node, by: request.caller)
            } else {
                moved = nil
            }
        } catch {
            throw Refusal.store(error)
        }
        guard let node, let moved else {
            let known = sources.control.state.nodes.map { JSON.string($0.record.id.text) }
            throw Refusal(
                .notFound, .unknownNode, "there is no such node in this cluster",
                help: [JSON.Field("allowed", .array(known))])
        }
        return .json([
            "node_id": .string(node.text), "admin_state": .string(state.rawValue), "moved": .integer(moved),
        ])
    }

    // MARK: - Pause

    private func pause(_ request: APIRequest) async throws(Refusal) -> Answer {
        // A misspelt `until` would be a pause without end.
        try request.refuseParameters(besides: ["reason", "until"])
        let wish = try PauseWish(request)
        let order = PauseOrder(by: request.caller, reason: wish.reason, until: wish.until)
        do throws(StoreError) { try await sources.control.pause(order) } catch { throw Refusal.store(error) }
        return .json(OrderRoutes.json(PauseState(by: order.by, reason: order.reason, until: order.until)))
    }

    private func resume(_ request: APIRequest) async throws(Refusal) -> Answer {
        do throws(StoreError) { _ = try await sources.control.resume(by: request.caller) } catch {
            throw Refusal.store(error)
        }
        return .json(OrderRoutes.json(nil))
    }

    static func json(_ pause: PauseState?) -> JSON {
        [
            "paused": .bool(pause != nil), "by": JSON(pause?.by), "reason": JSON(pause?.reason),
            "until": JSON(pause?.until.map { Moment.text(sinceEpoch: $0) }),
        ]
    }

    // MARK: - Journal

    private func moves(_ request: APIRequest) async throws(Refusal) -> Answer {
        let query = try MoveQuery(parameters: request.parameters)
        let state = sources.control.state
        let page = try await sources.page(state) { () throws(StoreError) in
            try await sources.control.moves(query)
        } remembered: {
            state.history.moves(query)
        }
        let next = page.rows.count == query.limit ? page.rows.last.map { Int($0.id) } : nil
        let body: JSON = ["moves": .array(page.rows.map(OrderRoutes.row)), "next": JSON(next)]
        return .json(body.adding(page.marks))
    }

    private static func row(_ move: RecordedMove) -> JSON {
        [
            "id": .integer(Int(move.id)),
            "monitor_id": .integer(Int(move.monitor.number)),
            "from": .string(move.from.text),
            "to": .string(move.to.text),
            "previous_assigned": JSON(move.previousAssigned?.text),
            "reason": .string(move.reason.rawValue),
            "moved_at": .string(move.movedAt),
            "returned_at": JSON(move.closedAt),
            "outcome": .string(move.outcome?.rawValue ?? "open"),
        ]
    }
}

extension MoveQuery {
    /// Reads `limit`, `before`, `node` and `kind`, which is the reason of a move.
    fileprivate init(parameters: [String: String]) throws(Refusal) {
        let page = try PageWish(parameters: parameters)
        self.init(limit: page.limit, before: page.before, node: page.node)
        if let text = parameters["kind"] {
            guard let reason = MoveReason(word: text) else {
                throw PageWish.unknownKind(of: "move", allowed: MoveReason.allCases.map(\.rawValue))
            }
            self.reason = reason
        }
    }
}

/// Why and until when: in the query, or in a body such as `{"reason":"upgrade","until":"2026-01-02T03:04:05Z"}`.
private struct PauseWish {
    /// A pause that nobody remembers must not last for ever by a slip of the pen.
    static let longest: Duration = .seconds(366 * 86_400)

    let reason: String
    let until: Duration?

    private struct Body: Decodable {
        var reason: String?
        var until: String?
    }

    init(_ request: APIRequest) throws(Refusal) {
        var body = Body()
        if !request.body.isEmpty {
            do { body = try JSONDecoder().decode(Body.self, from: Data(request.body)) } catch {
                throw Refusal(
                    .badRequest, .invalidJSON,
                    "the body must be a JSON object with the strings reason and until, or empty")
            }
        }
        reason = body.reason ?? request.parameters["reason"] ?? ""
        guard let text = body.until ?? request.parameters["until"] else {
            until = nil
            return
        }
        let now = Duration.seconds(Date.now.timeIntervalSince1970)
        guard let moment = Moment.sinceEpoch(text), moment > now, moment - now <= PauseWish.longest else {
            throw Refusal(
                .badRequest, .invalidUntil,
                "until must be a time in the coming year, such as 2026-01-02T03:04:05Z")
        }
        until = moment
    }
}

extension APIRequest {
    /// Who asks, as the history tells it.
    var caller: String { client?.text ?? "unknown" }
}
