/// Which product this is.
package enum ProductVersion {
    /// What agents and balancers write beside their reports.
    package static let text = "1.1.0-dev"

    /// What `--version` prints: with the commit where the build knew it.
    package static var full: String { BuildCommit.text.isEmpty ? text : "\(text) (commit \(BuildCommit.text))" }
}
