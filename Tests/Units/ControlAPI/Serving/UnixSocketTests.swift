import ClusterCore
import ControlAPI
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Testing

@Suite("The API on its socket")
struct UnixSocketTests {
    @Test("serves real requests to its own user only, and takes the socket away at the end", .timeLimit(.minutes(1)))
    func serves() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "kuma-api-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "api.sock").path()
        let (listening, signal) = AsyncStream.makeStream(of: Void.self)
        var fixture = APIFixture()
        fixture.configuration.socketPath = path
        let api = ControlAPI(
            configuration: fixture.configuration, control: fixture.control, serving: fixture.serving,
            traffic: fixture.traffic, log: fixture.log, logger: Logger(label: "test"), onListening: { signal.finish() })
        let group = ServiceGroup(services: [api], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in listening {}

            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
            #expect(status.st_mode & 0o777 == 0o600)

            let get = "GET /lb/ping HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n"
            let answer = try UnixSocketClient.exchange(get, at: path)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("X-Balancer: lb-test-1\r\n"))
            #expect(answer.hasSuffix("\"service\":\"kuma-balancer\"}\n"))

            let body = String(repeating: "x", count: 20_000)
            let post =
                "POST /lb/set-fixed-node HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\nConnection: close\r\n\r\n"
            #expect(try UnixSocketClient.exchange(post + body, at: path).hasPrefix("HTTP/1.1 413 "))

            let head = "HEAD /lb/health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            let headAnswer = try UnixSocketClient.exchange(head, at: path)
            #expect(headAnswer.hasPrefix("HTTP/1.1 200 OK\r\n") && headAnswer.hasSuffix("\r\n\r\n"))
            #expect(headAnswer.contains("Content-Length: ") && !headAnswer.contains("Content-Length: 0\r\n"))

            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(access(path, F_OK) != 0)
    }
}

/// One exchange over a Unix socket, with a deadline on each wait.
enum UnixSocketClient {
    struct Failure: Error {
        let call: String
        let number: Int32
    }

    /// Sends the request and reads until the server closes.
    static func exchange(_ request: String, at path: String) throws -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", number: errno) }
        defer { close(descriptor) }
        var deadline = timeval(tv_sec: 10, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &deadline, length) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw Failure(call: "connect", number: errno) }
        let bytes = Array(request.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send", number: errno) }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure(call: "recv", number: errno) }
            if count == 0 { return String(decoding: answer, as: UTF8.self) }
            answer += buffer[..<count]
        }
    }
}
