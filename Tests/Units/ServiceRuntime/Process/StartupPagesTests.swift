import Testing

@testable import ServiceRuntime

@Suite("Pages of the start")
struct StartupPagesTests {
    @Test("are those of program text that a file holds")
    func chosen() {
        let text: Substring = "7f00a000-7f00c000 r-xp 00001000 fe:00 1234                       /usr/bin/kuma-agent"
        #expect(StartupPages.textRange(text) == 0x7f00_a000..<0x7f00_c000)
        for other in [
            "7f00a000-7f00c000 r--p 00001000 fe:00 1234   /usr/bin/kuma-agent",
            "7f00a000-7f00c000 rw-p 00001000 fe:00 1234   /usr/bin/kuma-agent",
            "7f00a000-7f00c000 r-xp 00000000 00:00 0      [vdso]", "7f00a000-7f00c000 r-xp 00000000 00:00 0", "", "x",
        ] { #expect(StartupPages.textRange(Substring(other)) == nil, "\(other)") }
    }

    @Test("are given back, and everything goes on")
    func givenBack() {
        #expect(StartupPages.giveBack() > 0)
        #expect((0..<1000).map(String.init).joined().count == 2890)
    }
}
