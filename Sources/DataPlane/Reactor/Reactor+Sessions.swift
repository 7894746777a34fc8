import ClusterCore
import HTTPFraming

/// What leads a request to one node, besides its client's pin (<doc:ChoosingANode>).
enum NodeAffinity: Equatable {
    case none
    /// The node that issued its Socket.IO session, or that runs its monitor.
    case node(Int)
    /// The node that wants this client address most: every balancer would choose the same.
    case address(UInt64)
    /// As `address`, unless the connection is at a node already. The session is unknown, so that node is as likely to have
    /// issued it as any, and is the one that did if its answer could not be read.
    case addressIfNew(UInt64)
}

extension Reactor {
    /// What leads the request to one node. Takes note of a handshake, whose answer will name the session.
    func affinity(
        _ slot: Slot, _ head: RequestHead, _ resource: NodeResource, _ bytes: UnsafeRawBufferPointer
    ) -> NodeAffinity {
        slot.pointee.sessionSearch = nil
        switch resource {
        case .anything: return .none
        case .monitor(let id): return directory.node(running: id).map { .node($0) } ?? .none
        case .socketIO(let session):
            guard !session.isEmpty else { return handshakeAffinity(slot, head, bytes) }
            if let node = node(ofSession: session.bytes(in: bytes)) { return .node(node) }
            let client = clientDigest(slot, bytes)
            return switch configuration.affinity {
            case .address: .address(client)
            case .sid: .addressIfNew(client)
            }
        }
    }

    private func handshakeAffinity(_ slot: Slot, _ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> NodeAffinity {
        switch head.upgrade {
        // One connection for the whole session: nothing to learn, nothing to place.
        case .webSocket: return .none
        case .none: break
        }
        guard head.method == .get else { return .none }
        slot.pointee.sessionSearch = SessionSearch()
        return switch configuration.affinity {
        case .address: .address(clientDigest(slot, bytes))
        case .sid: .none
        }
    }

    /// A session whose node is gone or offline is forgotten: it died with the node's memory.
    private func node(ofSession id: UnsafeRawBufferPointer) -> Int? {
        guard let key = SessionKey(id), let serial = sessions.node(of: key, now: now) else { return nil }
        if let node = directory.node(serial: serial), directory.entries[node].isServing { return node }
        sessions.forget(key)
        return nil
    }

    /// The client's address as every balancer sees it: the peer's, or what a trusted peer says of the first hop.
    private func clientDigest(_ slot: Slot, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        switch slot.pointee.trust {
        case .trusted:
            if let address = ForwardedForScanner.firstAddress(in: requestFields, of: bytes) {
                return RendezvousHash.digest(address.bytes(in: bytes))
            }
        case .untrusted: break
        }
        let ip = slot.pointee.peer.ip
        return withUnsafeTemporaryAllocation(byteCount: IPAddress.textBytes, alignment: 1) { text in
            // SAFETY: read on this stack frame, as far as it was written.
            RendezvousHash.digest(text[..<ip.writeText(into: text)])
        }
    }

    // MARK: Learning

    /// The head of the answer to a handshake has come.
    func beginSessionSearch(_ slot: Slot, _ head: ResponseHead) {
        guard let search = slot.pointee.sessionSearch else { return }
        if SessionSearch.isPromising(head) { search.begin(head.body) } else { slot.pointee.sessionSearch = nil }
    }

    /// Looks for the session in the next bytes of that answer. Called before they are sent on, so that the client's next
    /// request, on whatever connection, finds it known.
    func searchSession(_ slot: Slot, in body: UnsafeRawBufferPointer) {
        guard let search = slot.pointee.sessionSearch, !body.isEmpty else { return }
        switch search.read(body) {
        case .more: return
        case .nothing: slot.pointee.sessionSearch = nil
        case .found(let key):
            slot.pointee.sessionSearch = nil
            guard case .node(let node) = slot.pointee.target else { return }
            sessions.learn(key, node: directory.entries[node].traffic.serial, now: now)
        }
    }
}
