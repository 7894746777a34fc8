/// `/lb/openapi.json`: every row as OpenAPI 3.1, with the schemas of its answers.
enum OpenAPIDocument {
    static func json(version: String, groups: [EndpointGroup]) -> JSON {
        var paths: [JSON.Field] = []
        for group in groups {
            for endpoint in group.endpoints {
                let method = JSON.Field(endpoint.method.rawValue.lowercased(), endpoint.description(in: group))
                if let known = paths.firstIndex(where: { $0.name == endpoint.path }) {
                    paths[known] = JSON.Field(endpoint.path, paths[known].value.adding([method]))
                } else {
                    paths.append(JSON.Field(endpoint.path, .object([method])))
                }
            }
        }
        let schemas = sharedObjects(groups).compactMap { object in
            object.name.map { JSON.Field($0, object.json) }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Kuma Cluster", "version": .string(version), "description": .string(description),
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": [
                    "adminToken": [
                        "type": "http", "scheme": "bearer",
                        "description": "LB_ADMIN_TOKEN; an address in LB_ADMIN_ALLOW needs none.",
                    ]
                ],
            ],
        ]
    }

    /// Each once, in the order in which rows need them.
    static func sharedObjects(_ groups: [EndpointGroup]) -> [Schema.Object] {
        let schemas = groups.flatMap(\.endpoints).flatMap { endpoint in
            endpoint.responses.flatMap { $0.content.map(\.schema) } + (endpoint.body.map { [$0] } ?? [])
        }
        return schemas.flatMap(\.named).reduce(into: [Schema.Object]()) { known, object in
            if !known.contains(where: { $0.name == object.name }) { known.append(object) }
        }
    }

    private static let description = """
        The /lb/ API of kuma-balancer. HEAD works where GET does. A wrong method is answered by 405 with Allow. While the \
        database is away, what is read is the last state, marked by "stale": true, and what must write answers 503.
        """
}

extension Endpoint {
    fileprivate func description(in group: EndpointGroup) -> JSON {
        let failure = Response.refusal(0, "Any other refusal, such as 404 and 405.").json
        var fields = [
            JSON.Field("operationId", .string(identifier)), JSON.Field("tags", [.string(group.name)]),
            JSON.Field("summary", .string(summary)),
        ]
        if !parameters.isEmpty { fields.append(JSON.Field("parameters", .array(parameters.map(\.json)))) }
        if let body {
            fields.append(JSON.Field("requestBody", ["content": ["application/json": ["schema": body.json]]]))
        }
        let described = responses.map { JSON.Field(String($0.status), $0.json) }
        fields.append(JSON.Field("responses", .object(described + [JSON.Field("default", failure)])))
        if case .admin = access {
            fields.append(JSON.Field("security", [["adminToken": .array([])], .object([])]))
        }
        return .object(fields)
    }

    /// `GET /lb/node-status` → `get_lb_node_status`.
    private var identifier: String {
        let words = path.split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
        return "\(method.rawValue.lowercased())_\(words)"
    }
}

extension Endpoint.Parameter {
    fileprivate var json: JSON {
        [
            "name": .string(name), "in": .string(place.rawValue), "description": .string(meaning),
            "required": .bool(place == .path), "schema": schema.json,
        ]
    }
}

extension Endpoint.Response {
    fileprivate var json: JSON {
        let media = content.map { JSON.Field($0.type, ["schema": $0.schema.json]) }
        return ["description": .string(meaning), "content": .object(media)]
    }
}
