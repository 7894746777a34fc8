import StandInKuma
import Testing

@Suite("Engine.IO sessions of one node")
struct EngineIOSessionsTests {
    @Test("A handshake answers with the open packet that Kuma sends")
    func handshake() {
        var sessions = EngineIOSessions()
        let expected =
            #"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
        #expect(sessions.open(sid: "abc") == expected)
        #expect(sessions.knows("abc"))
    }

    @Test("A sid that this node did not issue is refused with code 1")
    func unknown() {
        var sessions = EngineIOSessions()
        #expect(throws: EngineIORefusal.unknownSession) { try sessions.poll("elsewhere") }
        #expect(throws: EngineIORefusal.unknownSession) { try sessions.receive("40", on: "elsewhere") }
        #expect(EngineIORefusal.unknownSession.json == #"{"code":1,"message":"Session ID unknown"}"#)
    }

    @Test("A poll carries every queued packet, separated by the record separator")
    func queue() throws {
        var sessions = EngineIOSessions()
        _ = sessions.open(sid: "a")
        try sessions.receive("40\u{1E}42[\"hello\"]", on: "a")
        #expect(try sessions.poll("a") == .payload("40{\"sid\":\"a-socket\"}\u{1E}42[\"hello\"]"))
        #expect(try sessions.poll("a") == .wait)
    }

    @Test("A second poll while one waits closes the session: a replayed poll is fatal")
    func replayedPoll() throws {
        var sessions = EngineIOSessions()
        _ = sessions.open(sid: "a")
        #expect(try sessions.poll("a") == .wait)
        #expect(throws: EngineIORefusal.badRequest) { try sessions.poll("a") }
        #expect(!sessions.knows("a"))
    }

    @Test("Every sid is new, twenty characters long")
    func sids() {
        let sids = Set((0..<1000).map { _ in EngineIOSessions.newSID() })
        #expect(sids.count == 1000)
        #expect(sids.allSatisfy { $0.count == 20 })
    }

    @Test("The oldest session makes room for the first above the limit")
    func capacity() {
        var sessions = EngineIOSessions()
        for number in 0...EngineIOSessions.capacity { _ = sessions.open(sid: "s\(number)") }
        #expect(sessions.count == EngineIOSessions.capacity)
        #expect(!sessions.knows("s0"))
        #expect(sessions.knows("s1"))
    }
}
