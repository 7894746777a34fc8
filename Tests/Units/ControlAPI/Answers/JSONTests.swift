import ControlAPI
import Foundation
import Testing

@Suite("JSON is written in order and escaped")
struct JSONTests {
    @Test("fields keep the order in which they were written")
    func order() {
        let json: JSON = ["b": .integer(1), "a": .array([]), "c": ["z": .null, "y": true]]
        #expect(
            json.adding([JSON.Field("aa", .number(0.5))]).text == #"{"b":1,"a":[],"c":{"z":null,"y":true},"aa":0.5}"#)
    }

    @Test("every text survives a JSON reader")
    func escaping() throws {
        let nasty = "\u{0}\u{1}\u{8}\t\n\u{C}\r\u{1F} \" \\ / <b> \u{7F} é 線 🐻 \u{2028}"
        let read = try JSONSerialization.jsonObject(with: Data(JSON.array([.string(nasty)]).text.utf8)) as? [String]
        #expect(read == [nasty])
    }

    @Test("what JSON cannot say is null")
    func infinities() {
        #expect(JSON.array([.number(.infinity), .number(.nan), .number(5)]).text == "[null,null,5.0]")
    }
}
