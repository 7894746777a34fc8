import HTTPFraming
import Testing

@Suite("Words on the wire")
struct WireNamesTests {
    @Test("a field's second form is its first in lower case")
    func fields() {
        let fields = [
            WireNames.routedVia, WireNames.routedTo, WireNames.routedNode, WireNames.balancer, WireNames.forwardedFor,
            WireNames.forwardedHost, WireNames.forwardedProto, WireNames.realIP,
        ]
        for field in fields { #expect("\(field.lowercased)" == field.text.lowercased()) }
        #expect(Set(fields.map(\.text)).count == fields.count)
    }

    @Test("taking the pin away is setting that cookie to nothing, at once out of date")
    func pin() {
        #expect("\(WireNames.clearedPin)".hasPrefix("\(WireNames.pinCookie)=; Path=/; Max-Age=0"))
    }

    @Test("an older path leads below the API's root, and nothing that is there is one")
    func olderPaths() {
        #expect(Set(WireNames.olderPaths.map { "\($0.old)" }).count == WireNames.olderPaths.count)
        for path in WireNames.olderPaths {
            #expect("\(path.new)".hasPrefix("\(WireNames.apiRoot)/"))
            #expect(!"\(path.old)".hasPrefix("\(WireNames.apiRoot)"))
        }
    }
}
