/// Highest-random-weight hashing (Thaler and Ravishankar, 1996): every balancer that knows the same nodes places the same
/// client on the same node, and a node that comes or goes moves only its own clients.
///
/// Stable across processes and restarts, which `Hasher` is not.
package enum RendezvousHash {
    /// FNV-1a over 64 bits.
    package static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The finaliser of SplitMix64: every bit of the input changes half of the output's. FNV alone leaves the high bits of
    /// short texts alike.
    package static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// How much `node` wants `client`, both as digests.
    package static func weight(client: UInt64, node: UInt64) -> UInt64 { mixed(mixed(client) ^ node) }

    /// The index of the eligible node that wants the client most; of equals, the first. Nil when none is eligible.
    package static func best(
        client: UInt64, count: Int, node: (Int) -> UInt64, isEligible: (Int) -> Bool
    ) -> Int? {
        var best: (index: Int, weight: UInt64)?
        for index in 0..<count where isEligible(index) {
            let weight = weight(client: client, node: node(index))
            if let current = best, weight <= current.weight { continue }
            best = (index, weight)
        }
        return best?.index
    }
}
