/// What must be true of the fields of any head that we have written.
enum StampedFields {
    /// Fields that never pass, in either direction.
    static let dropped: Set<String> = [
        "keep-alive", "proxy-connection", "te", "http2-settings", "transfer_encoding", "content_length",
    ]

    /// What is wrong with the framing and connection fields of a head in normal form; `nil` when nothing is.
    static func fault(in head: ReferenceHead, isTunnel: Bool) -> String? {
        let lengths = head.values("content-length")
        let codings = head.values("transfer-encoding")
        if lengths.count + codings.count > 1 { return "more than one framing field" }
        if let length = lengths.first, String(Int(String(decoding: length, as: UTF8.self)) ?? -1) != text(length) {
            return "a length that is not in normal form"
        }
        if let coding = codings.first, text(coding) != "chunked" { return "a coding that is not in normal form" }
        for field in head.fields where dropped.contains(field.name) { return "\(field.name) was passed on" }
        let connection = head.values("connection").map(text)
        let upgrade = head.values("upgrade").map(text)
        if isTunnel {
            if connection != ["Upgrade"] || upgrade != ["websocket"] {
                return "a tunnel's fields are not in normal form"
            }
        } else {
            if connection != ["keep-alive"], connection != ["close"] { return "Connection is not in normal form" }
            if !upgrade.isEmpty { return "an upgrade that we do not make" }
        }
        return nil
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Two lists of fields, compared with their order and each byte of their values.
    static func areSame(_ one: [(name: String, value: [UInt8])], _ other: [(name: String, value: [UInt8])]) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}
