import ClusterCore
import HTTPFraming

/// The access log's few words in the life of a request. While it is off, a connection has no note, and each of these ends
/// with the look at that.
extension Reactor {
    func noteRequest(_ slot: Slot, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        guard access != nil else { return }
        note(of: slot).open(head, bytes, named: named(slot, bytes), at: SystemCall.now)
    }

    /// Whom a trusted proxy names as the client of this request; empty: nobody.
    private func named(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let nobody = UnsafeRawBufferPointer(start: nil, count: 0)
        guard slot.pointee.trust == .trusted else { return nobody }
        return ForwardedForScanner.firstAddress(in: requestFields, of: bytes)?.bytes(in: bytes) ?? nobody
    }

    /// The data plane answers itself, perhaps before it understood any request.
    func noteAnswer(_ slot: Slot, _ response: LocalResponse, bytes: Int) {
        guard access != nil else { return }
        let note = note(of: slot)
        if !note.isOpen { note.openUnread(at: SystemCall.now) }
        note.answered(response.status, because: response.reason, bytes: bytes)
    }

    func noteForwarded(_ slot: Slot) {
        guard let note = slot.pointee.access else { return }
        switch slot.pointee.target {
        case .none: return
        case .controlAPI: note.forwardedToControlAPI()
        case .node(let node): note.forwarded(to: directory.entries[node].idBytes, slot.pointee.via)
        }
    }

    /// The request has ended: its line is written, once.
    func recordAccess(_ slot: Slot) {
        guard let access, let note = slot.pointee.access, note.isOpen else { return }
        note.close()
        let unsent = slot.pointee.toClient.count + Int(slot.pointee.clientLane.held)
        access.record(note, client: slot.pointee.peer.ip, sentBytes: max(note.responseBytes - unsent, 0))
    }

    private func note(of slot: Slot) -> AccessNote {
        if let note = slot.pointee.access { return note }
        let note = AccessNote()
        slot.pointee.access = note
        return note
    }
}
