/// The API's own description.
enum OpenAPIRoutes {
    static let path = "/lb/openapi.json"

    /// - Parameter endpoints: all the others.
    static func endpoint(version: String, beside endpoints: [Endpoint]) -> Endpoint {
        let document = OpenAPIDocument.json(version: version, endpoints: endpoints)
        return Endpoint(path, .open, [.get: { _ in .json(document) }])
    }
}
