/// The API's own description.
enum OpenAPIRoutes {
    static var endpoints: [Endpoint] { [] }
}
