import ClusterCore
import HTTPFraming
import HTTPTypes

/// The caller's pin: the cookie `KUMA_FIXED_NODE`.
package enum PinCookie {
    static let name = "\(WireNames.pinCookie)"
    /// Seconds: a week.
    static let defaultLifetime = 604_800
    /// Seconds: one second to one year.
    static let lifetimes = 1...31_536_000

    /// The node in the first `Cookie` field that has the cookie; anything but a node id is as good as none.
    static func node(in fields: HTTPFields) -> NodeID? {
        for field in fields[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " || $0 == "\t" }
                guard pair.hasPrefix(name + "=") else { continue }
                return try? NodeID(String(pair.dropFirst(name.utf8.count + 1)))
            }
        }
        return nil
    }

    /// - Parameter lifetime: in seconds.
    static func set(_ node: NodeID, lifetime: Int) -> String {
        "\(name)=\(node.text); Path=/; Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
    }

    static let clear = "\(WireNames.clearedPin)"
}
