import Foundation
import Synchronization
import Waiting

/// Clients on threads of their own that connect, ask once and close, over and over: each refused or broken connection is a
/// failure.
final class ClientLoop: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let running: Atomic<Int>
    private let answered = Atomic<Int>(0)
    private let failed = Mutex<[String]>([])

    var answers: Int { answered.load(ordering: .acquiring) }
    var failures: [String] { failed.withLock { $0 } }

    init(port: UInt16, threads: Int) {
        running = Atomic(threads)
        for _ in 0..<threads {
            Thread.detachNewThread { [self] in
                while !isStopping.load(ordering: .acquiring), failures.count < 20 {
                    do {
                        let client = try TestSocket.connect(port: port)
                        let response = try client.get("/")
                        if response.status != 200 { note(response.startLine) }
                        // The other end's close first, where it closes: TIME_WAIT then uses up none of our ports.
                        client.reset()
                        answered.add(1, ordering: .acquiringAndReleasing)
                    } catch {
                        note("\(error)")
                    }
                }
                running.subtract(1, ordering: .acquiringAndReleasing)
            }
        }
    }

    private func note(_ failure: String) { failed.withLock { $0.append(failure) } }

    /// Waits for that many further answers.
    func waitForAnswers(_ count: Int) throws {
        let wanted = answers + count
        try blockUntil("\(count) more answers", within: .seconds(60)) { answers >= wanted || !failures.isEmpty }
    }

    func stop() throws {
        isStopping.store(true, ordering: .releasing)
        try blockUntil("the clients have ended", within: .seconds(60)) { running.load(ordering: .acquiring) == 0 }
    }
}
