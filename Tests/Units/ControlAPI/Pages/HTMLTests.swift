import ControlAPI
import Testing

@Suite("Pages escape what they are given")
struct HTMLTests {
    @Test("text becomes text, literals and markup stay markup")
    func escaping() {
        let name = #"<img src=x onerror="alert('1')">&"#
        let bold: HTML = "<b>\(name)</b>"
        let page: HTML = "<p>\(bold)</p>"
        #expect(
            page.markup
                == "<p><b>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</b></p>")
    }
}
