import ClusterCore
import HTTPFraming

/// What the data plane says itself, in one place. None of it names a node, an address or anything the client sent.
extension LocalResponse {
    static func noNodeAvailable(because shortage: RoutingShortage?, retryAfterSeconds: Int) -> LocalResponse {
        let message =
            switch shortage {
            case .databaseUnreachable: "No Uptime Kuma node can be reached just now, and the database cannot, either."
            case .notAClusterDatabase:
                "There is no Uptime Kuma cluster behind this balancer: its database has no table of nodes."
            case nil: "No Uptime Kuma node can be reached just now."
            }
        return LocalResponse(
            status: 503, reason: shortage?.rawValue ?? "no_node_available",
            message: message + " Please try again in a moment.", retryAfterSeconds: retryAfterSeconds)
    }

    static func controlAPIUnavailable(retryAfterSeconds: Int) -> LocalResponse {
        LocalResponse(
            status: 503, reason: "control_api_unavailable",
            message: "The balancer's own interface is not available just now. Please try again in a moment.",
            retryAfterSeconds: retryAfterSeconds)
    }

    static func tooManyConnections(retryAfterSeconds: Int) -> LocalResponse {
        LocalResponse(
            status: 503, reason: "too_many_connections",
            message: "Too many connections are open just now. Please try again in a moment.",
            retryAfterSeconds: retryAfterSeconds)
    }

    static func tooManyFromClient(retryAfterSeconds: Int) -> LocalResponse {
        LocalResponse(
            status: 503, reason: "too_many_connections_from_client",
            message: "Too many connections from your address are open just now. Please try again in a moment.",
            retryAfterSeconds: retryAfterSeconds)
    }

    static let badRequestBody = LocalResponse(
        status: 400, reason: "bad_request_body", message: "The body of the request is not framed as it says.")

    static let bodyTimedOut = LocalResponse(
        status: 408, reason: "request_body_timed_out", message: "The body of the request did not come in time.")

    static let nodeClosed = LocalResponse(
        status: 502, reason: "node_closed", message: "The node closed the connection before it answered.")

    static let nodeGivenUp = LocalResponse(
        status: 502, reason: "node_given_up",
        message: "The node went offline or out of reach while it worked on this request.")

    static let badNodeResponse = LocalResponse(
        status: 502, reason: "bad_node_response", message: "The node sent an answer that cannot be understood.")

    static let nodeTimedOut = LocalResponse(
        status: 504, reason: "node_timed_out", message: "The node did not answer in time.")
}
