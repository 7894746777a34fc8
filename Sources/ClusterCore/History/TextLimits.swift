/// How long a text may be that ends in one of our columns (<doc:Tables>). In strict mode the database refuses a longer
/// one, and with it the whole statement; so whoever makes such a text cuts it.
package enum TextLimits {
    /// `node.agent_detail`.
    package static let nodeDetail = 200
    /// `cluster_event.detail`.
    package static let eventDetail = 500

    /// The beginning of `text`, at most `limit` Unicode scalars: what the database counts as characters. Swift's own
    /// characters may be several of them.
    package static func cut(_ text: String, to limit: Int) -> String {
        String(text.unicodeScalars.prefix(limit))
    }
}
