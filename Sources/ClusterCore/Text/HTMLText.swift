/// A text as HTML shows it: the only place that escapes for HTML.
package enum HTMLText {
    /// Without the five characters that could end a text, or an attribute in double or single quotes.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case _: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
