import ClusterCore
import Testing

@Suite("Names and addresses of nodes")
struct NodeNameTests {
    @Test(
        "any id of the allowed characters is a node id",
        arguments: ["node1", "a", "A.b_c-9", String(repeating: "x", count: 50)])
    func valid(text: String) throws {
        #expect(try NodeID(text).text == text)
    }

    @Test("anything else is none", arguments: ["", "a b", "é", "a/b", "a;b", String(repeating: "x", count: 51)])
    func invalid(text: String) {
        #expect(throws: InvalidNodeID.self) { try NodeID(text) }
        #expect(NodeReference(text: text).nodeID == nil)
    }

    @Test(
        "a host column is read as people write it",
        arguments: [
            ("kuma1:3002", "kuma1", 3002), ("kuma1", "kuma1", 3001), ("10.0.0.5:80", "10.0.0.5", 80),
            ("[::1]:3001", "::1", 3001), ("[fe80::1]", "fe80::1", 3001), ("fe80::1", "fe80::1", 3001),
        ] as [(String, String, UInt16)])
    func address(text: String, host: String, port: UInt16) throws {
        #expect(try NodeAddress(parsing: text) == NodeAddress(host: host, port: port))
    }

    @Test(
        "what names no address is refused",
        arguments: ["", ":3001", "kuma:0", "kuma:65536", "kuma:x", "http://kuma", "a b:1"])
    func noAddress(text: String) {
        #expect(throws: InvalidNodeAddress.self) { try NodeAddress(parsing: text) }
    }

    @Test("an address with a password is none, and is not shown", arguments: ["u:s3cret@kuma:3001", "s3cret@kuma"])
    func userInfo(text: String) {
        let error = #expect(throws: InvalidNodeAddress.self) { try NodeAddress(parsing: text) }
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test("an unknown status is an error, never a guess")
    func status() throws {
        let node = try NodeID("a")
        #expect(try NodeStatus(column: "recovering", of: node) == .recovering)
        #expect(throws: UnknownNodeStatus.self) { try NodeStatus(column: "up", of: node) }
    }

    @Test("a node id is one by its bytes, too", arguments: ["node1", "A.b_c-9", "", "a b", "é", "\"node1\""])
    func bytes(text: String) {
        for text in [text, text + String(repeating: "x", count: NodeID.maximumBytes - text.utf8.count), text + "\0"] {
            let bytes = Array(text.utf8)
            #expect(bytes.withUnsafeBytes { NodeID.isValid($0) } == NodeID.isValid(bytes), "\(text)")
        }
    }
}
