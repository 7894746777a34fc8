/// Writes the head that goes to a node: the kept lines copied, the hop-by-hop ones left out, ours added (Stamping.md).
///
/// The version is ours, whatever the client's (RFC 9110 §2.5): what a client of HTTP/1.0 cannot read of the answer is
/// mended on its way back. The target goes out in origin form, `Host` first, and the framing field in normal form.
package enum RequestHeadRewriter {
    /// - Parameters:
    ///   - head: as sniffed from `bytes`, with `fields` not overwritten since.
    ///   - upstream: what we ask of the upstream connection; without effect on a WebSocket request.
    ///   - output: `head.headBytes + head.host.count + FramingLimits.requestStampRoom` bytes are always enough. Must
    ///     not overlap `bytes`.
    ///
    /// SAFETY: all pointers are used within their bounds and during the call only.
    package static func rewrite(
        _ head: RequestHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable, stamps: RequestStamps,
        upstream: Persistence, into output: UnsafeMutableRawBufferPointer
    ) -> RewriteOutcome {
        var writer = HeadWriter(output)
        writeRequestLine(head, of: bytes, into: &writer)
        writer.write("Host: ")
        if head.host.isEmpty { writer.write(stamps.authority) } else { writer.write(head.host, of: bytes) }
        writer.write("\r\n")
        copyLines(head, of: bytes, fields: fields, stamps: stamps, into: &writer)
        writer.write(framing: head.body)
        writeStamps(head, of: bytes, fields: fields, stamps: stamps, into: &writer)
        switch head.upgrade {
        case .none: writer.write(upstream)
        case .webSocket: writer.writeTunnelFields()
        }
        writer.write("\r\n")
        return writer.outcome
    }

    private static func writeRequestLine(
        _ head: RequestHead, of bytes: UnsafeRawBufferPointer, into writer: inout HeadWriter
    ) {
        writer.write(head.methodText, of: bytes)
        writer.write(" ")
        if head.traits.contains(.absoluteForm) {
            if head.path.isEmpty {
                // RFC 9112 §3.2.4: OPTIONS on the authority itself asks about the server as a whole.
                let isAboutServer = head.method == .options && head.target.end == head.path.end
                writer.write(isAboutServer ? "*" : "/")
            }
            writer.write(ByteRange(start: head.path.start, end: head.target.end), of: bytes)
        } else {
            writer.write(head.target, of: bytes)
        }
        writer.write(" HTTP/1.1\r\n")
    }

    private static func copyLines(
        _ head: RequestHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable, stamps: RequestStamps,
        into writer: inout HeadWriter
    ) {
        let namesFields = head.traits.contains(.connectionNamesFields)
        var kept = KeptLines()
        for index in 0..<fields.count {
            let line = fields[index]
            switch line.name {
            case .host, .contentLength, .transferEncoding, .xForwardedFor: continue
            case .connection, .keepAlive, .proxyConnection, .te, .upgrade, .http2Settings: continue
            // For us, whoever wrote it: the next hop is no proxy (RFC 9110 §11.7.2).
            case .proxyAuthorization: continue
            case .xRoutedNode, .xRoutedTo, .xRoutedVia, .disguisedFraming: continue
            // A trusted peer knows what it writes itself; this it has only passed on.
            case .disguisedOrigin: continue
            case .originClaim, .xForwardedHost, .xForwardedProto, .xRealIP:
                // Never because `Connection` says so: these are stamps, and a node must always find one.
                switch stamps.trust {
                case .trusted: kept.keep(line, of: bytes, into: &writer)
                case .untrusted: continue
                }
            // HTTP/1.0 knows no expectations (RFC 9110 §10.1.1); under our version the node would meet it.
            case .expect where head.version == .http10: continue
            case .maxForwards:
                if let hops = hopsLeft(line, head, of: bytes) {
                    kept.flush(from: bytes, into: &writer)
                    writer.write("Max-Forwards: ")
                    writer.write(decimal: hops)
                    writer.write("\r\n")
                } else {
                    kept.keep(line, of: bytes, into: &writer)
                }
            case .expect, .secWebSocketKey, .secWebSocketVersion:
                // Nor these: we have read them ourselves, and the node must read the same.
                kept.keep(line, of: bytes, into: &writer)
            case .other, .accept, .contentEncoding, .cookie:
                if namesFields, fields.connectionNames(line, of: bytes) { continue }
                kept.keep(line, of: bytes, into: &writer)
            }
        }
        kept.flush(from: bytes, into: &writer)
    }

    /// What goes on of a `Max-Forwards`, which counts OPTIONS only; nil for one that is none. One too large to be counted
    /// becomes the largest there is (RFC 9110 §7.6.2).
    private static func hopsLeft(_ line: FieldLine, _ head: RequestHead, of bytes: UnsafeRawBufferPointer) -> UInt64? {
        let value = line.value.indices
        guard head.method == .options, !value.isEmpty, value.allSatisfy({ bytes[$0].isDigit }) else { return nil }
        guard let hops = bytes.decimal(value) else { return .max }
        return hops == 0 ? 0 : hops - 1
    }

    private static func writeStamps(
        _ head: RequestHead, of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable, stamps: RequestStamps,
        into writer: inout HeadWriter
    ) {
        let keptFields: ForwardedFields =
            switch stamps.trust {
            case .trusted: head.forwarded
            case .untrusted: []
            }
        writer.begin(WireNames.forwardedFor)
        if keptFields.contains(.address) { writeForwardedFor(of: bytes, fields: fields, into: &writer) }
        writer.write(stamps.clientAddress)
        if !keptFields.contains(.realIP) {
            writer.write("\r\n")
            writer.begin(WireNames.realIP)
            writer.write(stamps.clientAddress)
        }
        if !keptFields.contains(.proto) {
            writer.write("\r\n")
            writer.begin(WireNames.forwardedProto)
            writer.write(stamps.proto)
        }
        if !keptFields.contains(.host), !head.host.isEmpty {
            writer.write("\r\n")
            writer.begin(WireNames.forwardedHost)
            writer.write(head.host, of: bytes)
        }
        writer.write("\r\n")
    }

    /// What a trusted peer says of the way so far, its several lines as one list.
    private static func writeForwardedFor(
        of bytes: UnsafeRawBufferPointer, fields: borrowing HeadFieldTable, into writer: inout HeadWriter
    ) {
        for index in 0..<fields.count where fields[index].name == .xForwardedFor && !fields[index].value.isEmpty {
            writer.write(fields[index].value, of: bytes)
            writer.write(", ")
        }
    }
}
