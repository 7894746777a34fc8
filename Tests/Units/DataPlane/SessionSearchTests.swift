import ClusterCore
import Testing

@testable import DataPlane
@testable import HTTPFraming

@Suite("Finding the session in the answer to a handshake")
struct SessionSearchTests {
    static let body = "0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000}"

    private static func read(_ text: String, _ framing: BodyFraming, pieces: Int) -> SessionSearch.Step {
        let search = SessionSearch()
        search.begin(framing)
        let bytes = Array(text.utf8)
        var step = SessionSearch.Step.more
        for start in stride(from: 0, to: bytes.count, by: pieces) where step == .more {
            step = bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { search.read($0) }
        }
        return step
    }

    private static func chunked(_ text: String, by size: Int) -> String {
        let bytes = Array(text.utf8)
        let chunks = stride(from: 0, to: bytes.count, by: size).map { start in
            let chunk = bytes[start..<min(start + size, bytes.count)]
            return String(chunk.count, radix: 16) + "\r\n" + String(decoding: chunk, as: UTF8.self) + "\r\n"
        }
        return chunks.joined() + "0\r\n\r\n"
    }

    @Test("Whatever the pieces and the chunks")
    func anyPieces() throws {
        let key = try #require(Array("lv_VI97HAXpY6yYWAAAC".utf8).withUnsafeBytes { SessionKey($0) })
        let length = BodyFraming.length(UInt64(Self.body.utf8.count))
        for pieces in 1...100 {
            #expect(Self.read(Self.body, length, pieces: pieces) == .found(key))
            #expect(Self.read(Self.body, .untilClose, pieces: pieces) == .found(key))
            for size in [1, 2, 3, 9, 30, 1000] {
                #expect(Self.read(Self.chunked(Self.body, by: size), .chunked, pieces: pieces) == .found(key))
            }
        }
    }

    @Test("What is no handshake names no session", arguments: ["", "0", "40{\"sid\":\"a\"}", "0{\"sid\":\"a b\"}"])
    func noHandshake(_ text: String) {
        for pieces in [1, 1000] {
            let whole = Self.read(text + String(repeating: "x", count: 100), .untilClose, pieces: pieces)
            #expect(whole == .nothing)
            let isEmpty = text.isEmpty
            let step = Self.read(Self.chunked(text, by: 5), .chunked, pieces: pieces)
            #expect(step == .nothing || isEmpty)
        }
    }

    @Test("Before the head of its answer a search finds nothing")
    func notBegun() {
        #expect(Array(Self.body.utf8).withUnsafeBytes { SessionSearch().read($0) } == .nothing)
    }
}
