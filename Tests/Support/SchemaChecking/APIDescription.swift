/// `/lb/openapi.json`, asked what it says of an answer.
package struct APIDescription: Sendable {
    private let document: JSONValue
    private let checker: SchemaChecker

    package init(parsing text: String) throws {
        document = try JSONValue(parsing: text)
        checker = SchemaChecker(root: document)
    }

    /// `GET /lb/ping` and so on, as the document lists them.
    package var operations: Set<String> {
        var found: Set<String> = []
        for (path, methods) in document["paths"]?.fields ?? [:] {
            for method in methods.fields.keys { found.insert("\(method.uppercased()) \(path)") }
        }
        return found
    }

    package var version: String? { document["openapi"]?.text }

    package var identifiers: [String] {
        (document["paths"]?.fields.values ?? [:].values).flatMap {
            $0.fields.values.compactMap { $0["operationId"]?.text }
        }
    }

    /// Every reference in the document that leads nowhere.
    package var danglingReferences: [String] { dangling(document) }

    private func dangling(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let fields):
            var found = fields.values.flatMap(dangling)
            if let reference = fields["$ref"]?.text {
                let target = reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) {
                    $0?[String($1)]
                }
                if target == nil { found.append(reference) }
            }
            return found
        case .array(let elements): return elements.flatMap(dangling)
        case .null, .bool, .number, .string: return []
        }
    }

    /// What is wrong with an answer.
    /// - Parameters:
    ///   - operation: `GET /lb/nodes/{node}/drain`, a key of `operations`.
    ///   - contentType: as it came, parameters included.
    package func offences(
        of operation: String, status: Int, contentType: String, body: String
    ) throws -> [String] {
        let words = operation.split(separator: " ").map(String.init)
        guard words.count == 2, let described = document["paths"]?[words[1]]?[words[0].lowercased()] else {
            return ["\(operation) is not described"]
        }
        // A refusal that every endpoint may answer is described as the default.
        let isCommon = [404, 405].contains(status)
        let responses = described["responses"]
        guard let response = responses?[String(status)] ?? (isCommon ? responses?["default"] : nil) else {
            return ["\(operation) may not answer \(status)"]
        }
        let type = String(contentType.prefix { $0 != ";" })
        guard let schema = response["content"]?[type]?["schema"] else {
            return ["\(operation) may not answer \(status) with \(type)"]
        }
        let value = type == "application/json" ? try JSONValue(parsing: body) : .string(body)
        return checker.offences(value, against: schema).map { "\(operation) \(status): \($0)" }
    }
}
