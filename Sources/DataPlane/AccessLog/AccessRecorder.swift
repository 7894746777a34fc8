import ClusterCore
import Synchronization

/// One reactor's end of the access log.
final class AccessRecorder {
    private var line: AccessLine
    private let ring: AccessRing
    private let log: AccessLog
    private let facts: TrafficFacts

    init(_ log: AccessLog, ring: AccessRing, facts: TrafficFacts) {
        self.log = log
        self.ring = ring
        self.facts = facts
        line = AccessLine(log.form)
    }

    /// Hands a line over; never waits.
    func record(_ note: AccessNote, client: IPAddress, sentBytes: Int) {
        line.write(note, client: client, sentBytes: sentBytes, span: SystemCall.now - note.beganAt)
        switch ring.put(line.bytes) {
        case .stored: log.wakeWriter()
        case .full: facts.lostAccessLines.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
