import ClusterCore
import HTTPTypes
package import Hummingbird
package import HummingbirdCore
import NIOCore

/// Between the server and the endpoints: finds the endpoint, applies the access rules, reads the body within its limit,
/// and gives every answer what all answers have.
package struct APIResponder: HTTPResponder {
    /// Hummingbird's plain one: no endpoint takes anything from it.
    package typealias Context = BasicRequestContext

    let table: EndpointTable
    let sources: AnswerSources
    let adminRule: AdminRule
    let readingRule: ReadingRule
    let clientAddress: ClientAddress

    /// Takes the client's address from the field that the data plane stamps. Never throws: what goes wrong is an
    /// answer.
    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        await respond(
            to: request, from: clientAddress.read(from: request.headers),
            forwardedHosts: ForwardedHosts.read(from: request.headers))
    }

    /// - Parameters:
    ///   - client: nil when the address is unknown.
    ///   - forwardedHosts: what `Host` was, as trusted proxies have it.
    func respond(to request: Request, from client: IPAddress?, forwardedHosts: [String]) async -> Response {
        let hosts = (request.head.authority.map { [$0] } ?? []) + forwardedHosts
        let response = response(for: await answer(request, client, hosts))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ client: IPAddress?, _ hosts: [String]) async -> Answer {
        let target = request.head.path ?? ""
        let path = target.firstIndex(of: "?").map { String(target[..<$0]) } ?? target
        guard let match = table.match(path) else { return Refusal.notFound.answer }
        let method: Endpoint.Method? =
            request.method == .head ? .get : Endpoint.Method(rawValue: request.method.rawValue)
        guard let method, let endpoint = match.endpoints[method] else {
            return Refusal.methodNotAllowed(allowed: match.allowedMethods).answer
        }
        let head = apiRequest(request, client, hosts, method: method, path: path, node: match.node, body: [])
        do throws(Refusal) {
            try admit(head, to: endpoint.access)
            // Old scripts act by GET; HEAD must stay safe all the same (RFC 9110 §9.2.1).
            if method == .get, endpoint.access == .admin, match.endpoints[.post] != nil {
                if request.method == .head { return .json(["status": "not done: HEAD changes nothing"]) }
                try refuseEmbedded(head, authorization: request.headers[.authorization])
            }
            let body = method == .post ? try await body(of: request) : []
            return try await endpoint.action(
                apiRequest(request, client, hosts, method: method, path: path, node: match.node, body: body), sources)
        } catch {
            return endpoint.refuse(error, head)
        }
    }

    private func admit(_ request: APIRequest, to access: Endpoint.Access) throws(Refusal) {
        switch access {
        case .open, .redirect:
            return
        case .state:
            if readingRule.permits(client: request.client) { return }
            // Whoever may change the cluster may also look at it.
            switch request.administration {
            case .allowed: return
            case .tokenRequired, .addressRefused:
                throw Refusal(.forbidden, .addressNotAllowed, "this address may not read the cluster's state")
            }
        case .ownPin:
            try refuseCrossSite(request)
        case .admin:
            try refuseCrossSite(request)
            try requireAdmin(request)
        }
    }

    private func refuseCrossSite(_ request: APIRequest) throws(Refusal) {
        let isForeign = CrossSiteRule.isForeign(
            fetchSite: request.field(FieldName.fetchSite), origin: request.fields[.origin], hosts: request.hosts)
        if isForeign { throw Refusal.crossSite }
    }

    /// For an action by GET. Who shows the token is no page that loads an image.
    private func refuseEmbedded(_ request: APIRequest, authorization: String?) throws(Refusal) {
        let mayBeEmbedded = CrossSiteRule.mayBeEmbedded(
            fetchSite: request.field(FieldName.fetchSite),
            fetchDestination: request.field(FieldName.fetchDestination), userAgent: request.fields[.userAgent])
        guard mayBeEmbedded else { return }
        switch adminRule.judge(client: nil, authorization: authorization) {
        case .allowed: return
        case .tokenRequired, .addressRefused: throw Refusal.embedded
        }
    }

    private func requireAdmin(_ request: APIRequest) throws(Refusal) {
        switch request.administration {
        case .allowed:
            return
        case .tokenRequired:
            throw Refusal(
                .unauthorized, .adminRequired, "this needs an administrator: send the token as Authorization: Bearer",
                fields: [.wwwAuthenticate: "Bearer realm=\"kuma-balancer\""])
        case .addressRefused:
            throw Refusal(
                .forbidden, .adminRequired, "this needs an administrator: set LB_ADMIN_TOKEN or LB_ADMIN_ALLOW")
        }
    }

    private func body(of request: Request) async throws(Refusal) -> [UInt8] {
        let limit = APIRequest.maximumBodyBytes
        // Said before reading where the length is announced; the rest of such a body is never kept.
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Refusal.bodyTooLarge(limit: limit)
        }
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch {
            throw Refusal.bodyTooLarge(limit: limit)
        }
    }

    private func apiRequest(
        _ request: Request, _ client: IPAddress?, _ hosts: [String], method: Endpoint.Method, path: String,
        node: String, body: [UInt8]
    ) -> APIRequest {
        let target = request.head.path ?? ""
        let query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) }
        let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        let administration = adminRule.judge(client: client, authorization: request.headers[.authorization])
        var fields = request.headers
        fields[.authorization] = nil
        return APIRequest(
            method: method, path: path, query: query,
            parameters: Dictionary(parameters, uniquingKeysWith: { first, _ in first }), node: node,
            fields: fields, hosts: hosts, client: client,
            administration: administration, body: body)
    }

    private func response(for answer: Answer) -> Response {
        var fields = answer.fields
        fields[.contentType] = answer.contentType
        fields[.cacheControl] = "no-store"
        fields[.xContentTypeOptions] = "nosniff"
        if let name = FieldName.balancer { fields[name] = sources.configuration.balancer.text }
        // Data is no page: a browser that is made to show it as one loads and runs nothing.
        fields[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        switch answer.body {
        case .page(let page):
            fields[.contentSecurityPolicy] = page.policy
            if let name = FieldName.contentLanguage { fields[name] = page.languages }
            if let name = FieldName.referrerPolicy { fields[name] = "same-origin" }
        case .events:
            if let name = FieldName.accelBuffering { fields[name] = "no" }
        case .json, .text, .metrics, .jsonLines:
            break
        }
        return Response(status: answer.status, headers: fields, body: APIResponder.body(of: answer))
    }

    private static func body(of answer: Answer) -> ResponseBody {
        switch answer.body {
        case .events(let stream):
            return ResponseBody { writer in
                try await stream.write { try await writer.write(ByteBuffer(string: $0)) }
                try await writer.finish(nil)
            }
        case .json, .page, .text, .metrics, .jsonLines:
            return ResponseBody(byteBuffer: ByteBuffer(string: answer.text))
        }
    }
}
