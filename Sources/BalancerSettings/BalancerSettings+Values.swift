import Settings

// What settings of kuma-balancer alone can be.

/// `LB_PROXY_PROTOCOL`.
package enum ProxyProtocolMode: String, CaseIterable, Sendable {
    case off, accept
}

/// `LB_ACCESS_LOG`: where a line for each request goes.
package enum AccessLogTarget: Sendable, Equatable {
    case off
    case standardError
    /// Absolute; appended to.
    case file(path: String)

    init(parsing text: String) throws(SettingRefusal) {
        switch text {
        case "off": self = .off
        case "stderr": self = .standardError
        case _ where text.hasPrefix("/") && !text.hasSuffix("/"): self = .file(path: text)
        case _: throw SettingRefusal("neither off, stderr nor the absolute path of a file")
        }
    }
}
