package import ClusterCore

/// Where a Kuma process answers health checks, taken from a URL.
package struct HealthEndpoint: Sendable, Equatable {
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https
    }

    package let scheme: Scheme
    package let address: NodeAddress
    /// Begins with a slash.
    package let path: String

    package static let defaultPath = "/api/v1/health"

    package static func local(port: UInt16) -> HealthEndpoint {
        HealthEndpoint(scheme: .http, address: NodeAddress(host: "127.0.0.1", port: port), path: defaultPath)
    }

    private init(scheme: Scheme, address: NodeAddress, path: String) {
        self.scheme = scheme
        self.address = address
        self.path = path
    }

    init(parsing text: String) throws(SettingRefusal) {
        guard let scheme = Scheme.allCases.first(where: { text.hasPrefix($0.rawValue + "://") }) else {
            throw SettingRefusal("does not begin with http:// or https://")
        }
        let rest = text.dropFirst(scheme.rawValue.count + 3)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain else { throw SettingRefusal("has a character that no URL path has") }
        do throws(InvalidNodeAddress) {
            self.init(
                scheme: scheme, address: try NodeAddress(parsing: String(rest[..<slash])),
                path: path.count > 1 ? path : HealthEndpoint.defaultPath)
        } catch {
            throw SettingRefusal("names no host, or a bad port")
        }
    }
}
