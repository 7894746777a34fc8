/// A page of the tree that is made from the code: nobody edits it by hand, and a test compares it.
package struct MadePage: Sendable {
    /// Relative to the package.
    package let path: String
    package let text: String

    /// Every one. `Tests/make-pages` writes them.
    package static var all: [MadePage] {
        SettingsPages.pages + EnvironmentExamples.pages + [EndpointsPage.page, RequestsPage.page]
    }
}
