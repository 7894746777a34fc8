/// `/lb/openapi.json`: every endpoint as OpenAPI 3.1, with the schemas of its answers. A test compares it with the table
/// of endpoints both ways, and real answers with it.
enum OpenAPIDocument {
    static var operations: [Operation] {
        StatusOperations.all + NodeOperations.all + HistoryOperations.all + PinOperations.all + ActionOperations.all
            + RebalanceOperations.all + ToolOperations.all + RedirectOperations.all
    }

    static func endpoint(_ document: JSON) -> Endpoint {
        Endpoint("/lb/openapi.json", .open, [.get: { _ in .json(document) }])
    }

    /// - Parameter endpoints: who may use what.
    static func json(version: String, endpoints: [Endpoint]) -> JSON {
        let access = Dictionary(endpoints.map { ($0.path, $0.access) }, uniquingKeysWith: { first, _ in first })
        var paths: [JSON.Field] = []
        for operation in operations {
            let method = operation.method.rawValue.lowercased()
            let description = operation.json(access: access[operation.path] ?? .open)
            if let known = paths.firstIndex(where: { $0.name == operation.path }) {
                paths[known] = operation.path ~> paths[known].value.adding([method ~> description])
            } else {
                paths.append(operation.path ~> .object([method ~> description]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Kuma Cluster", "version": .string(version),
                "description": .string(OpenAPIDocument.description),
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(Components.schemas),
                "securitySchemes": [
                    "adminToken": [
                        "type": "http", "scheme": "bearer",
                        "description": "LB_ADMIN_TOKEN; an address in LB_ADMIN_ALLOW needs none.",
                    ]
                ],
            ],
        ]
    }

    private static let description = """
        The /lb/ API of kuma-balancer. HEAD works where GET does. A wrong method is answered by 405 with Allow. While the \
        database is away, what is read is the last state, marked by "stale": true, and what must write answers 503.
        """
}
