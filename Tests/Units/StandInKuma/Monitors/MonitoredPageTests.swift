import ClusterCore
import Testing

@testable import StandInKuma

@Suite("What a monitor checks")
struct MonitoredPageTests {
    @Test(
        "A URL is an address and what is asked there",
        arguments: [
            ("http://127.0.0.1:8080/target/1", "127.0.0.1", 8080 as UInt16, "/target/1"),
            ("http://example", "example", 80, "/"), ("http://example?a=1", "example", 80, "/?a=1"),
            ("http://[::1]:81/x?y=/z#part", "::1", 81, "/x?y=/z"),
        ])
    func pages(url: String, host: String, port: UInt16, target: String) throws {
        let page = try #require(MonitoredPage(url))
        #expect(page.address == NodeAddress(host: host, port: port) && page.target == target)
    }

    @Test(
        "What is no such URL is none",
        arguments: [
            "", "https://example/", "http://", "http:///x", "http://user@example/", "http://example/a b\r\nX: 1",
        ]
    )
    func noPages(url: String) {
        #expect(MonitoredPage(url) == nil)
    }
}
