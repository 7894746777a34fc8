/// The languages that pages for people speak.
package enum PageLanguage: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh-Hant"

    /// The one the client likes better; both where it likes them alike or says nothing. Any Chinese counts: a reader of
    /// Simplified Chinese reads Traditional sooner than English.
    static func preferred(by acceptLanguage: String?) -> [PageLanguage] {
        let preferences = Preferences(header: acceptLanguage)
        let (english, chinese) = (preferences.weight(ofLanguage: "en"), preferences.weight(ofLanguage: "zh"))
        if english > chinese { return [.english] }
        if chinese > english { return [.chinese] }
        return [.english, .chinese]
    }
}

/// One sentence in each language.
package struct Phrase: Sendable {
    private let english: String
    private let chinese: String

    init(english: String, chinese: String) {
        self.english = english
        self.chinese = chinese
    }

    subscript(language: PageLanguage) -> String {
        switch language {
        case .english: english
        case .chinese: chinese
        }
    }
}
