import CLinux
import ClusterCore
import Synchronization

/// The thread that takes lines from the reactors' rings to the sink.
final class AccessWriter {
    /// One reactor's.
    struct Source: Sendable {
        let ring: AccessRing
        /// Where its lost lines are counted.
        let facts: TrafficFacts
    }

    private let log: AccessLog
    private let sources: [Source]
    private let sink: AccessLog.Sink

    init(_ log: AccessLog, sources: [Source], sink: @escaping AccessLog.Sink) {
        self.log = log
        self.sources = sources
        self.sink = sink
    }

    func run() {
        clinux_name_thread("access-log")
        clinux_block_broken_pipe_signal()
        while !log.isEnding {
            log.sleepUntilWoken { sources.contains { !$0.ring.isEmpty } }
            log.pause()
            for source in sources { write(source) }
        }
        for source in sources { write(source) }
    }

    private func write(_ source: Source) {
        var lines: [UInt8] = []
        source.ring.take(into: &lines)
        var start = 0
        while start < lines.count {
            let end = pieceEnd(lines, from: start)
            offer(lines[start..<end], of: source)
            start = end
        }
    }

    /// As many whole lines as fit into one piece.
    private func pieceEnd(_ lines: [UInt8], from start: Int) -> Int {
        let limit = min(start + AccessLog.pieceBytes, lines.count)
        let mark = lines[start..<limit].lastIndex(of: UInt8(ascii: "\n"))
        return mark.map { $0 + 1 } ?? limit
    }

    /// Until it is taken; meanwhile the ring fills, and what does not fit is dropped there. At the end nobody waits.
    private func offer(_ piece: ArraySlice<UInt8>, of source: Source) {
        while true {
            // SAFETY: the sink keeps none of the bytes beyond its call.
            switch piece.withUnsafeBytes(sink) {
            case .taken: return
            case .notNow where !log.isEnding: log.pause()
            case .notNow, .lost:
                let count = piece.count { $0 == UInt8(ascii: "\n") }
                source.facts.lostAccessLines.wrappingAdd(count, ordering: .relaxed)
                return
            }
        }
    }
}
