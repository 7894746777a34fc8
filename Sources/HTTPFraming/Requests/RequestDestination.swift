/// Who a request is for, judged by the exact bytes of its path as they are forwarded (DESIGN.md §3.5).
package enum RequestDestination: Equatable, Sendable {
    /// `/lb`, `/lb/…` and the older names of API.md's last row: the control API.
    case controlAPI
    /// Everything else, other spellings of the above included.
    case node(NodeResource)
}

/// What a request wants of a node, as far as it decides which one (DESIGN.md §3.3).
package enum NodeResource: Equatable, Sendable {
    case anything
    /// `/socket.io/`: the value of the query's `sid`, as sent; empty for a first request.
    case socketIO(session: ByteRange)
    /// `/api/v1/monitors/{id}` and what is below it.
    case monitor(id: Int64)
}
