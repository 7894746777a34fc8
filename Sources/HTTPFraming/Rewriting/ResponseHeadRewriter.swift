/// Whether the client's pin is to be cleared, because it names a node that is unknown or offline.
package enum PinClearing: Sendable {
    case none
    /// A `Set-Cookie` of `WireNames.clearedPin` is added beside the node's own cookies.
    case clear
}

/// How a response's body goes to the client.
package enum BodyForm: Sendable {
    /// As the node framed it.
    case framed
    /// Its data alone, until the connection ends: all that a client of HTTP/1.0 can read of a chunked one (RFC 9112 §7.1).
    case bare
}

/// Writes the head that goes to the client (Stamping.md): hop-by-hop fields and the node's own copies of the
/// `X-Routed-…` fields left out, ours added. The framing field goes out in normal form.
package enum ResponseHeadRewriter {
    /// - Parameters:
    ///   - head: as sniffed from `bytes`, with `fields` not overwritten since.
    ///   - client: what we do with the client connection after this response. Without effect on interim responses and
    ///     tunnels; a body that lasts until close closes whatever is said here.
    ///   - body: how a chunked body follows; without effect on any other.
    ///   - routed: whole field lines with their CRLFs, precomputed per node: `X-Routed-Via`, `X-Routed-To` and
    ///     `X-Routed-Node`. Empty for responses of the control API. Left out of interim responses.
    ///   - output: `head.headBytes + routed.count + FramingLimits.responseStampRoom` bytes are always enough. Must not
    ///     overlap `bytes`.
    ///
    /// SAFETY: all pointers are used within their bounds and during the call only.
    package static func rewrite(
        _ head: ResponseHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable,
        client: Persistence, body: BodyForm = .framed, routed: UnsafeRawBufferPointer, pin: PinClearing,
        into output: UnsafeMutableRawBufferPointer
    ) -> RewriteOutcome {
        var writer = HeadWriter(output)
        // A gateway answers with its own version (RFC 9110 §2.5), whatever the node's.
        writer.write("HTTP/1.1")
        writer.write(head.statusAndReason, of: bytes)
        writer.write("\r\n")
        copyLines(head, of: bytes, fields: fields, into: &writer)
        switch head.kind {
        case .interim: break
        case .tunnel:
            writer.write(routed)
            writePin(pin, into: &writer)
            writer.writeTunnelFields()
        case .final:
            let isBare = head.body == .chunked && body == .bare
            if !isBare { writeFraming(head, into: &writer) }
            writer.write(routed)
            writePin(pin, into: &writer)
            writer.write(head.body == .untilClose || isBare ? .close : client)
        }
        writer.write("\r\n")
        return writer.outcome
    }

    private static func copyLines(
        _ head: ResponseHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable,
        into writer: inout HeadWriter
    ) {
        let namesFields = head.traits.contains(.connectionNamesFields)
        var kept = KeptLines()
        for index in 0..<fields.count {
            let line = fields[index]
            switch line.name {
            case .contentLength, .transferEncoding, .disguisedFraming: continue
            case .connection, .keepAlive, .proxyConnection, .te, .upgrade, .http2Settings: continue
            case .xRoutedNode, .xRoutedTo, .xRoutedVia: continue
            case .other, .accept, .contentEncoding, .cookie, .disguisedOrigin, .expect, .host, .maxForwards,
                .originClaim,
                .proxyAuthorization, .secWebSocketKey, .secWebSocketVersion, .xForwardedFor, .xForwardedHost,
                .xForwardedProto, .xRealIP:
                if namesFields, fields.connectionNames(line, of: bytes) { continue }
                kept.keep(line, of: bytes, into: &writer)
            }
        }
        kept.flush(from: bytes, into: &writer)
    }

    /// HEAD and 304 say how long the body would have been; 204 must not say anything (RFC 9110 §8.6).
    private static func writeFraming(_ head: ResponseHead, into writer: inout HeadWriter) {
        if head.body == .none, head.status != 204, let length = head.declaredLength {
            writer.write(framing: .length(length))
        } else {
            writer.write(framing: head.body)
        }
    }

    private static func writePin(_ pin: PinClearing, into writer: inout HeadWriter) {
        switch pin {
        case .none: break
        case .clear:
            writer.write("Set-Cookie: ")
            writer.write(WireNames.clearedPin)
            writer.write("\r\n")
        }
    }
}
