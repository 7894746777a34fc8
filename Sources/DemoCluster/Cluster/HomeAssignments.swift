/// How the demo's monitors are spread over its nodes at the beginning.
package enum HomeAssignments {
    /// The number (from 1) of the node at which monitor `index` (from 0) is at home: one after the other, so that counts
    /// are within one of each other.
    package static func node(ofMonitor index: Int, nodes: Int) -> Int { index % nodes + 1 }
}
