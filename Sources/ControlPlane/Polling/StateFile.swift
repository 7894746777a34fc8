package import ClusterCore
import FoundationEssentials
import Glibc

/// `LB_STATE_FILE`: what the last good table was made of, so that a balancer started while the database is down serves
/// at once. Routing only: nothing is ever moved or spoken on the word of a file.
package struct StateFile: Sendable {
    /// Above: refused. 1 000 nodes take about 300 KB.
    package static let largestBytes = 4 << 20

    package let path: String

    package init(path: String) { self.path = path }

    /// Why the file cannot be read, or cannot be written, in words for a log; they begin with its path.
    package struct Problem: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Returns: nil when there is no such file.
    /// - Throws: when it cannot be read, is above `largestBytes`, holds no such snapshot, or one of another version.
    package func read() throws(Problem) -> SavedSnapshot? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= StateFile.largestBytes else { throw Problem(description: "\(path) is too large") }
            let saved = try JSONDecoder().decode(SavedSnapshot.self, from: data)
            guard saved.version == SavedSnapshot.version else {
                throw Problem(description: "\(path) has version \(saved.version), expected \(SavedSnapshot.version)")
            }
            return saved
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(description: "\(path) cannot be read: \(error)")
        }
    }

    /// Whether it could be written now, found out without writing: the file is replaced, so it is its directory that matters.
    package func checkWritable() throws(Problem) {
        let directory = path.lastIndex(of: "/").map { path[..<$0] }.map { $0.isEmpty ? "/" : String($0) } ?? "."
        // A read-only file system is reported too (access(2): EROFS), a full one is not.
        if access(directory, W_OK | X_OK) != 0 {
            let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
            throw Problem(description: "\(path) cannot be written: \(directory): \(reason)")
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Problem(description: "\(path) cannot be written: it is a directory")
        }
    }

    /// Replaces the file whole: a reader, or a crash, sees the old contents or the new ones.
    /// - Throws: when it could not be written; then the old ones stand.
    package func write(_ saved: SavedSnapshot) throws(Problem) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(saved).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw Problem(description: "\(path) cannot be written: \(error)")
        }
    }
}

/// The contents of the state file.
package struct SavedSnapshot: Sendable, Equatable, Codable {
    /// What is written, and the only one that is read: with another one the file is of no use and is replaced.
    package static let version = 1

    /// A row of the `node` table, as far as requests are routed by it.
    package struct Node: Sendable, Equatable, Codable {
        package let id: String
        package let name: String
        /// As the column stood; nil for NULL.
        package let host: String?
        /// As the column stood: a word of `NodeStatus`.
        package let status: String
        /// As the column stood, a word of a later version included.
        package let adminState: String
        package let isPrimary: Bool
        /// By the assignments at that time: there are none in the file.
        package let monitorCount: Int
        /// The last good address of the host name, without port.
        package let address: String?
    }

    package let version: Int
    package let isSetUp: Bool
    /// Ascending by id; at most `RoutingLimits.nodes`.
    package let nodes: [Node]

    /// - Parameter resolved: the last good address of a node.
    package init(_ snapshot: ClusterSnapshot, resolved: (NodeAddress) -> SocketAddress?) {
        version = SavedSnapshot.version
        isSetUp = snapshot.isSetUp
        nodes = snapshot.nodes.prefix(RoutingLimits.nodes).map { node in
            Node(
                id: node.id.text, name: node.name, host: node.host, status: node.status.rawValue,
                adminState: node.adminState.text, isPrimary: node.isPrimary,
                monitorCount: snapshot.monitorCount(of: node),
                address: node.address.flatMap(resolved).map { $0.ip.text })
        }
    }

    /// The snapshot to start with, and the addresses known for its host names. A node that does not make sense is left
    /// out.
    package func restored(
        now: ContinuousClock.Instant
    ) -> (snapshot: ClusterSnapshot, addresses: [(host: String, address: SocketAddress)]) {
        var records: [NodeRecord] = []
        var addresses: [(host: String, address: SocketAddress)] = []
        for node in nodes.prefix(RoutingLimits.nodes) {
            guard let id = try? NodeID(node.id), let status = NodeStatus(rawValue: node.status) else { continue }
            let record = NodeRecord(
                id: id, name: node.name, host: node.host, status: status, isPrimary: node.isPrimary,
                adminState: AdminWord(column: node.adminState), monitorCount: node.monitorCount)
            records.append(record)
            if let host = record.address?.host, let ip = node.address.flatMap({ IPAddress(parsing: $0) }) {
                addresses.append((host, SocketAddress(ip, port: 0)))
            }
        }
        let snapshot = ClusterSnapshot(
            source: .stateFile, nodes: records.sorted { $0.id < $1.id }, isSetUp: isSetUp, assignments: [],
            readAt: now)
        return (snapshot, addresses)
    }
}
