import Testing

@testable import HTTPFraming

@Suite("The end of a head is searched for once")
struct HeadEndSearchTests {
    static let limits = HeadEndSearch.Limits(headBytes: 1000, firstLineBytes: 500)

    @Test("what was searched is not looked at again")
    func remembers() {
        var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest".utf8)
        var search = HeadEndSearch()
        for length in 0..<27 {
            let outcome = bytes[..<length].withUnsafeBytes { search.advance(in: $0, from: 0, limits: Self.limits) }
            guard case .needMore = outcome else {
                Issue.record("\(outcome) after \(length) bytes")
                return
            }
            // A second look at any of these would find a bare line feed. Only the byte before a line feed is read again.
            for index in 0..<max(length - 2, 0) { bytes[index] = 10 }
        }
        guard
            case .found(let end, let firstLineEnd) = bytes.withUnsafeBytes({
                search.advance(in: $0, from: 0, limits: Self.limits)
            })
        else {
            Issue.record("the end was not found")
            return
        }
        #expect(end == 27)
        #expect(firstLineEnd == 14)
    }

    @Test("a buffer that has become shorter is no reason to crash")
    func shrunkBuffer() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8)
        var search = HeadEndSearch()
        for length in [bytes.count, 3, 0, bytes.count] {
            let outcome = bytes[..<length].withUnsafeBytes { search.advance(in: $0, from: 0, limits: Self.limits) }
            if case .found = outcome { Issue.record("found an end that is not there") }
        }
    }
}
