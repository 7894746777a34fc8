import Glibc
import ServiceRuntime
import Testing

@Suite("Sockets from systemd")
struct ActivationSocketsTests {
    @Test("descriptors from 3 on belong to the process that LISTEN_PID names, with their names")
    func named() {
        let taken = ActivationSockets(
            environment: ["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:admin"], processID: 42)
        #expect(taken.sockets.map(\.descriptor) == [3, 4])
        #expect(taken.sockets.map(\.name) == ["http", "admin"])
    }

    @Test("missing names are empty")
    func unnamed() {
        let taken = ActivationSockets(environment: ["LISTEN_PID": "42", "LISTEN_FDS": "2"], processID: 42)
        #expect(taken.sockets.map(\.name) == ["", ""])
    }

    @Test(
        "what is for another process, or no number of sockets, is nothing",
        arguments: [
            ["LISTEN_PID": "41", "LISTEN_FDS": "1"], ["LISTEN_FDS": "1"], ["LISTEN_PID": "42"],
            ["LISTEN_PID": "42", "LISTEN_FDS": "0"], ["LISTEN_PID": "42", "LISTEN_FDS": "-1"],
            ["LISTEN_PID": "42", "LISTEN_FDS": "x"], ["LISTEN_PID": "42", "LISTEN_FDS": "100000"], [:],
        ])
    func nothing(environment: [String: String]) {
        #expect(ActivationSockets(environment: environment, processID: 42).sockets.isEmpty)
    }
}
