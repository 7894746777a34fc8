/// Which host of `DB_HOST` a store works on, and why others are not fit (DESIGN.md §4 "Which host").
package struct DatabaseHosts: Sendable, Equatable {
    package struct Unfit: Sendable, Equatable {
        package let host: String
        /// In our own words, which continue a sentence that begins with the host.
        package let reason: String

        package init(host: String, reason: String) {
            self.host = host
            self.reason = reason
        }
    }

    /// As configured; nil before the first connection.
    package let current: String?
    package let unfit: [Unfit]

    package init(current: String?, unfit: [Unfit]) {
        self.current = current
        self.unfit = unfit
    }
}
