import ClusterCore
import Foundation
import Testing

@testable import DataPlane

@Suite("Listeners")
struct ListenerTests {
    @Test("A connection that is accepted waits for no full segments, though nobody set that on it")
    func noDelay() throws {
        let listener = try Listener(binding: .ipv4(octets: 0x7F00_0001, port: 0))
        #expect(try delay(ofConnectionTo: listener) == 1)
        let shared = try Listener(sharing: listener.socket.number)
        #expect(shared.provenance == .inherited)
        #expect(try delay(ofConnectionTo: shared) == 1)
    }

    /// TCP_NODELAY of a connection that the listener accepts.
    private func delay(ofConnectionTo listener: borrowing Listener) throws -> Int32? {
        let client = try TestSocket.connect(port: listener.address.port)
        defer { client.close() }
        var entry = pollfd(fd: listener.socket.number, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 10_000) == 1)
        guard case .accepted(let descriptor, _) = listener.accept() else { return nil }
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(descriptor.number, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length) == 0)
        return value
    }
}
