package import ClusterCore
import HTTPFraming
package import HTTPTypes

/// A request as the endpoints see it: read whole, within its limits, with nothing of the server's own types left.
package struct APIRequest: Sendable {
    /// The largest body that is read; above: 413. The only body there is holds a node id and a number.
    package static let maximumBodyBytes = 16 * 1024

    /// A HEAD is a `get` here; its body is taken away after the answer.
    package let method: Endpoint.Method
    /// Without the query, exactly as it came.
    package let path: String
    /// Nil without a question mark.
    package let query: String?
    /// Decoded; of a repeated name the first.
    package let parameters: [String: String]
    /// What stood in the place of `{node}`, exactly as it came; empty where the endpoint has none.
    package let node: String
    /// Without `Authorization`, which is no endpoint's business.
    package let fields: HTTPFields
    /// `Host`, and what it was before a trusted proxy changed it, as that proxy has it.
    package let hosts: [String]
    /// As the data plane stamped it; nil when it did not.
    package let client: IPAddress?
    /// By address or token.
    let administration: AdminRule.Verdict
    /// At most `maximumBodyBytes`; empty for anything but a POST, and while access is judged.
    package let body: [UInt8]

    var isAdministrator: Bool { administration == .allowed }

    /// The field's value, several of one name joined; nil where it did not come.
    func field(_ name: HTTPField.Name?) -> String? { name.flatMap { fields[$0] } }

    /// Whether the client likes `type` better than `other`.
    func prefers(_ type: String, over other: String) -> Bool {
        let preferences = Preferences(header: fields[.accept])
        return preferences.weight(ofType: type) > preferences.weight(ofType: other)
    }

    /// For what changes the cluster: a misspelt `?dry_run=1` must not become the real thing.
    /// - Throws: a refusal that names the first parameter that is not `known`.
    func refuseParameters(besides known: [String]) throws(Refusal) {
        guard let unknown = parameters.keys.filter({ !known.contains($0) }).min() else { return }
        throw Refusal(
            .badRequest, .unknownParameter, "there is no parameter \(unknown) here",
            help: Refusal.Help(allowed: known))
    }

    /// Where a request is in the query, a body that asks for something would be passed over. An empty JSON object asks nothing.
    func refuseBody() throws(Refusal) {
        let words = body.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        if words.joined().isEmpty || Array(words.joined()) == Array("{}".utf8) { return }
        throw Refusal(.badRequest, .unexpectedBody, "this takes parameters in the query, and no body")
    }

    /// Who asks, as the history has it.
    var caller: String { client?.text ?? "unknown" }

    var languages: [PageLanguage] { PageLanguage.preferred(by: fields[.acceptLanguage]) }
}

/// Where the client's address comes from: the one field that the data plane writes. Its last element is the peer,
/// which no client can forge; what stands before it comes from a trusted proxy.
struct ClientAddress: Sendable {
    /// `LB_TRUSTED_PROXIES`.
    let proxies: [AddressRange]

    /// Nil where nobody is named: the data plane did not stamp the field, or a trusted proxy does not name for whom it
    /// asks. A proxy's own address is never the client's: it would stand for everybody behind it. Nor is a loopback address
    /// that a proxy names: that would be somebody on the proxy's machine, and is the first thing that a forger tries.
    func read(from fields: HTTPFields) -> IPAddress? {
        guard let name = FieldName.forwardedFor else { return nil }
        let values = fields[values: name]
        guard values.count == 1, let value = values.first else { return nil }
        let hops = value.split(separator: ",", omittingEmptySubsequences: false).reversed()
        for (distance, hop) in hops.enumerated() {
            guard let address = IPAddress(hop: hop) else { return nil }
            if proxies.contains(where: { $0.contains(address) }) { continue }
            // A list is only kept for a trusted peer.
            if distance == 0 { return hops.count == 1 ? address : nil }
            return AddressRange.loopback.contains { $0.contains(address) } ? nil : address
        }
        return nil
    }
}

/// `X-Forwarded-Host` as the data plane passes it on: a trusted proxy's word, of everybody else the request's own `Host`.
enum ForwardedHosts {
    /// Of several proxies each may have added one; no page can make a browser send any.
    static func read(from fields: HTTPFields) -> [String] {
        guard let name = FieldName.forwardedHost else { return [] }
        return fields[values: name].flatMap { $0.split(separator: ",") }.map { host in
            host.filter { $0 != " " && $0 != "\t" }
        }
    }
}

/// Field names that swift-http-types does not list. Its initialiser gives nil for what is no token.
enum FieldName {
    static let balancer = HTTPField.Name(WireNames.balancer.text)
    static let contentLanguage = HTTPField.Name("Content-Language")
    static let fetchDestination = HTTPField.Name("Sec-Fetch-Dest")
    static let fetchSite = HTTPField.Name("Sec-Fetch-Site")
    static let lastEventID = HTTPField.Name("Last-Event-ID")
    static let forwardedFor = HTTPField.Name(WireNames.forwardedFor.text)
    static let forwardedHost = HTTPField.Name(WireNames.forwardedHost.text)
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")
    /// Tells nginx, where one stands in front, to pass each message on at once.
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")
}
