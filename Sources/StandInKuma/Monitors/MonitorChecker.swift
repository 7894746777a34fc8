import ClusterCore
import KumaClient

/// Makes the real HTTP check of a monitor: any answer below 400 is "up", as Kuma's default accepted codes.
package struct MonitorChecker: Sendable {
    /// Kuma gives a check up to 0.8 × interval; the demo's intervals are seconds.
    package static let timeout: Duration = .seconds(5)

    private let client = KumaHTTPClient()
    private let slots = CheckSlots()

    /// - Note: call `shutdown()` before the checker is dropped.
    package init() {}

    /// Never throws: what goes wrong is a beat that is down. Where eight checks run already it waits first, which
    /// counts neither as ping nor against the timeout.
    package func check(_ task: MonitorTask) async -> Beat {
        guard let page = MonitoredPage(task.url) else {
            return Beat(monitor: task.id, status: .down, message: "not http://HOST/…: \(task.url)", ping: .zero)
        }
        await slots.take()
        let beat = await check(page, of: task.id)
        await slots.giveBack()
        return beat
    }

    private func check(_ page: MonitoredPage, of monitor: MonitorID) async -> Beat {
        let start = ContinuousClock.now
        do throws(KumaCallError) {
            let answer = try await client.page(page.target, of: page.address, within: Self.timeout)
            return Beat(
                monitor: monitor, status: answer.status < 400 ? .up : .down, message: "\(answer.status)",
                ping: ContinuousClock.now - start)
        } catch {
            return Beat(monitor: monitor, status: .down, message: "\(error)", ping: ContinuousClock.now - start)
        }
    }

    /// Ends the client and its thread: no check after it.
    package func shutdown() async { await client.shutdown() }
}

/// What a monitor's URL asks of whom. The demo's pages are plain HTTP; anything else is down.
struct MonitoredPage: Equatable {
    let address: NodeAddress
    /// Path and query.
    let target: String

    /// - Returns: nil for what is no `http://` URL with nothing but visible ASCII in it.
    init?(_ url: String) {
        guard url.hasPrefix("http://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let rest = url.dropFirst("http://".count).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let address = try? NodeAddress(parsing: String(authority), defaultPort: 80) else { return nil }
        let path = rest[authority.endIndex...]
        self.address = address
        target = path.hasPrefix("/") ? String(path) : "/" + path
    }
}

/// Lets that many checks run at once and the others wait in their order: the loops of a node all begin at its start, and a
/// demo of thousands of monitors would open as many connections.
private actor CheckSlots {
    static let atOnce = 8

    private var free = CheckSlots.atOnce
    /// One for each waiting loop at most.
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
