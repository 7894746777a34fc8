import FoundationEssentials

/// What the body of a `PUT /api/v1/monitors/{id}` changes; `{}` changes nothing and still starts the monitor anew.
struct MonitorEdit: Decodable {
    let url: String?

    /// - Throws: when the body is not a JSON object, or holds something else than a text for the URL.
    init(json: String) throws {
        self = try JSONDecoder().decode(MonitorEdit.self, from: Data(json.utf8))
    }
}
