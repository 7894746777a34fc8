/// An answer as it came: fields in order, body without its framing.
package struct HTTPReply: Sendable {
    package let status: Int
    package let fields: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, fields: [(name: String, value: String)], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first field of that name, whatever its case.
    package func field(_ name: String) -> String? { all(name).first }

    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// What went wrong on a connection.
package enum HTTPClientError: Error, Sendable, Equatable {
    case cannotConnect(code: Int32)
    case closed(afterBytes: Int)
    case timedOut
    case failed(code: Int32)
    case malformed(String)
}
