/// The API's own description.
enum OpenAPIRoutes {
    static func endpoint(_ description: JSON) -> Endpoint {
        Endpoint("/lb/openapi.json", .open, [.get: { _ in .json(description) }])
    }
}
