import Glibc

/// The second terminal's end: finds the running demo and asks it one thing. Blocking, as a command line may be.
package struct ControlClient: Sendable {
    /// A node's stop may take as long as the balancer's drain.
    package static let answerTimeout: Duration = .seconds(60)
    /// A status of the largest demo is a few KiB.
    package static let answerBytes = 1 << 20

    private let socket: ControlSocket

    /// Connects when something is asked.
    package init(_ socket: ControlSocket = .ofThisUser) { self.socket = socket }

    /// - Parameter port: which demo, by the port of its first balancer; nil when only one runs.
    /// - Throws: `DemoRefusal` when none runs, when several do and none was named, or when the demo refused.
    package func ask(_ request: ControlRequest, port: UInt16?) throws(DemoRefusal) -> ControlAnswer {
        let descriptor = try connect(port)
        defer { close(descriptor) }
        guard let line = ControlCoding.line(request), ControlClient.send(line, to: descriptor),
            let reply = ControlClient.readLine(from: descriptor), let answer = ControlCoding.answer(from: reply)
        else { throw DemoRefusal("the demo did not answer; it may be ending") }
        if case .refused(let reason) = answer { throw DemoRefusal(reason) }
        return answer
    }

    private func connect(_ port: UInt16?) throws(DemoRefusal) -> Int32 {
        if let port {
            guard let descriptor = ControlClient.connect(to: socket.path(port: port)) else {
                throw DemoRefusal("no demo runs on port \(port). Start one with: kuma-demo run --port \(port)")
            }
            return descriptor
        }
        var running: [(port: UInt16, descriptor: Int32)] = []
        for port in socket.ports() {
            if let descriptor = ControlClient.connect(to: socket.path(port: port)) {
                running.append((port, descriptor))
            }
        }
        guard let first = running.first else { throw DemoRefusal("no demo is running. Start one with: kuma-demo") }
        guard running.count == 1 else {
            for other in running { close(other.descriptor) }
            let ports = running.map { String($0.port) }.joined(separator: ", ")
            throw DemoRefusal("several demos run (ports \(ports)); choose one with --port")
        }
        return first.descriptor
    }

    private static func connect(to path: String) -> Int32? {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the path was checked to fit, with a zero left at its end.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: Int(answerTimeout.components.seconds), tv_usec: 0)
        // SAFETY: the kernel reads one timeval during each call.
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        // SAFETY: a sockaddr_un is a sockaddr of the length given, and lives for the whole call.
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: send(2) reads at most the count given from memory that lives for the whole call.
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Up to the line feed; nil when the demo hung up before, took too long or said too much.
    private static func readLine(from descriptor: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while line.count <= answerBytes {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            line += buffer[..<count]
            if line.last == UInt8(ascii: "\n") { return line.dropLast() }
        }
        return nil
    }
}
