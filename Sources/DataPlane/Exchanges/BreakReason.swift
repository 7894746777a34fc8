/// How it came that an upstream connection ended within an exchange.
enum UpstreamEndCause {
    /// The node closed or reset it.
    case nodeClosed
    /// We did: the routing table says that nothing can be expected of the node.
    case nodeGivenUp
}

/// Why a connection was reset in the middle of a response or tunnel, which can no longer be said to the client: the access
/// log's word for it. Where `LocalResponse` says the same, it is the same word.
enum BreakReason: String {
    case badNodeResponse = "bad_node_response"
    case badRequestBody = "bad_request_body"
    /// Within its request's body.
    case clientClosed = "client_closed"
    case nodeClosed = "node_closed"
    case nodeGivenUp = "node_given_up"
    case nodeTimedOut = "node_timed_out"
    /// By either side: who resets a tunnel does not say why.
    case tunnelReset = "tunnel_reset"
}
