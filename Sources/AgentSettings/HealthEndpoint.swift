package import ClusterCore
import Settings

/// Where a Kuma process answers health checks, taken from a URL. By plain HTTP: the balancer reaches nodes so, too, and a
/// Kuma that it cannot reach is no use to a cluster.
package struct HealthEndpoint: Sendable, Equatable {
    /// The port of a URL that names none is Kuma's own, 3001, and not HTTP's.
    package let address: NodeAddress
    /// Begins with a slash.
    package let path: String

    /// The cluster fork's health path (FactsAboutKuma.md); also that of a URL that ends with its host or one slash.
    package static let defaultPath = "/api/v1/health"

    /// The Kuma on this machine, by its loopback interface.
    package static func local(port: UInt16) -> HealthEndpoint {
        HealthEndpoint(address: NodeAddress(host: "127.0.0.1", port: port), path: defaultPath)
    }

    private init(address: NodeAddress, path: String) {
        self.address = address
        self.path = path
    }

    init(parsing text: String) throws(SettingRefusal) {
        let scheme = "http://"
        guard !text.lowercased().hasPrefix("https://") else {
            throw SettingRefusal(
                "asks for https, but nodes are reached by plain HTTP only: let Kuma serve HTTP to agent and balancer")
        }
        guard text.hasPrefix(scheme) else { throw SettingRefusal("does not begin with http://") }
        let rest = text.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain else { throw SettingRefusal("has a character that no URL path has") }
        do throws(InvalidNodeAddress) {
            self.init(
                address: try NodeAddress(parsing: String(rest[..<slash])),
                path: path.count > 1 ? path : HealthEndpoint.defaultPath)
        } catch {
            throw SettingRefusal("names no host, or a bad port")
        }
    }
}
