/// A whole page for people: no script, no external resource, one style sheet that the policy admits by its nonce.
package struct Page: Sendable {
    /// The whole document, its doctype included; holds the nonce that `policy` admits.
    package let html: HTML
    /// `Content-Security-Policy` of exactly this page.
    package let policy: String
    /// `Content-Language`.
    package let languages: String

    /// - Parameter body: the part for one language.
    init(title: Phrase, languages: [PageLanguage], body: (PageLanguage) -> HTML) {
        let nonce = Page.nonce()
        let sections = languages.map { language in
            HTML("<section lang=\"\(language.rawValue)\">\n<h1>\(title[language])</h1>\n\(body(language))</section>\n")
        }
        let first = languages.first ?? .english
        html = """
            <!DOCTYPE html>
            <html lang="\(first.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title[first]) · Kuma Cluster</title>
            <style nonce="\(nonce)">\(Page.style)</style>
            </head>
            <body>
            <main>
            \(HTML.joined(sections))</main>
            </body>
            </html>
            """
        policy =
            "default-src 'none'; style-src 'nonce-\(nonce)'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
        self.languages = languages.map(\.rawValue).joined(separator: ", ")
    }

    /// 128 bits from the system's generator, as hexadecimal digits: all the policy needs is that nobody guesses it.
    private static func nonce() -> String {
        let halves = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
        return halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }

    private static let style: HTML = """
        :root{color-scheme:light dark}
        body{font:16px/1.6 system-ui,sans-serif;margin:0}
        main{max-width:36rem;margin:3rem auto;padding:0 1.25rem}
        section+section{border-top:1px solid #8886;margin-top:2.5rem;padding-top:1rem}
        h1{font-size:1.4rem}
        ul{padding-left:1.25rem}
        code{font-size:.95em}
        """
}
