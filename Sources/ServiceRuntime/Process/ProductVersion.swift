/// What `--version` prints and what agents and balancers write beside their reports.
package enum ProductVersion {
    package static let text = "0.1.0"
}
