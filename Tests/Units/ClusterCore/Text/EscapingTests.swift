import ClusterCore
import Foundation
import Testing

@Suite("Texts are escaped for JSON and for HTML")
struct EscapingTests {
    @Test("every text survives a JSON reader, and no control character is left")
    func json() throws {
        let nasty = "\u{0}\u{1}\u{8}\t\n\u{C}\r\u{1F} \" \\ / <b> \u{7F} é 線 🐻 \u{2028}"
        let quoted = JSONString.quoted(nasty)
        #expect(quoted.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        #expect(try JSONSerialization.jsonObject(with: Data("[\(quoted)]".utf8)) as? [String] == [nasty])
        #expect(JSONString.quoted("a\"\\\n\r\t\u{1}\u{7F}é") == #""a\"\\\n\r\t\u0001\u007fé""#)
    }

    @Test("no text can end an element or an attribute")
    func html() {
        #expect(
            HTMLText.escaped(#"<a href="x" title='y'>&</a>"#)
                == "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;")
    }
}
