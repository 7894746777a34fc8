/// A Socket.IO session id as the request path compares it: its bytes inline, its hash beside them. No allocation to make
/// one, none to keep it.
package struct SessionKey: Equatable, Sendable, BitwiseCopyable {
    /// Longest id that is remembered. Engine.IO issues 20 characters.
    package static let maximumBytes = 64

    /// The id, zero-filled. No id holds a zero byte, so no two share this form.
    private let words: InlineArray<8, UInt64>
    /// FNV-1a of the bytes, mixed: chooses shard and bucket; `words` decide.
    package let hash: UInt64

    /// - Parameter bytes: 1 to `maximumBytes`, none of them zero; nil otherwise.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, bytes.count <= SessionKey.maximumBytes else { return nil }
        var words = InlineArray<8, UInt64>(repeating: 0)
        for index in bytes.indices {
            guard bytes[index] != 0 else { return nil }
            words[index >> 3] |= UInt64(bytes[index]) << UInt64((index & 7) * 8)
        }
        self.words = words
        hash = RendezvousHash.mixed(RendezvousHash.digest(bytes))
    }

    package static func == (left: SessionKey, right: SessionKey) -> Bool {
        guard left.hash == right.hash else { return false }
        for index in left.words.indices where left.words[index] != right.words[index] { return false }
        return true
    }
}
