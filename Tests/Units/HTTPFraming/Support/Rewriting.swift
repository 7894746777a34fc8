import Testing

@testable import HTTPFraming

/// Sniffs a request, which arrives whole or in pieces that end at `lengths`, and writes what a node gets; `nil` when either
/// step refuses.
func rewritten(
    request bytes: [UInt8], arrivingAt lengths: [Int] = [], trust: PeerTrust = .untrusted,
    upstream: Persistence = .keepAlive, room: Int? = nil
) -> [UInt8]? {
    var fields = HeadFieldTable()
    var sniffer = RequestHeadSniffer()
    return bytes.withUnsafeBytes { buffer -> [UInt8]? in
        for length in lengths where length < bytes.count {
            guard case .needMore = sniffer.sniff(UnsafeRawBufferPointer(rebasing: buffer[..<length]), into: &fields)
            else { return nil }
        }
        guard case .complete(let head) = sniffer.sniff(buffer, into: &fields) else { return nil }
        let enough = head.headBytes + head.host.count + FramingLimits.requestStampRoom
        return writing(room ?? enough) { output in
            let address: StaticString = "192.0.2.7"
            let proto: StaticString = "http"
            let authority: StaticString = "192.0.2.1:8084"
            let stamps = RequestStamps(
                clientAddress: UnsafeRawBufferPointer(start: address.utf8Start, count: address.utf8CodeUnitCount),
                proto: UnsafeRawBufferPointer(start: proto.utf8Start, count: proto.utf8CodeUnitCount),
                authority: UnsafeRawBufferPointer(start: authority.utf8Start, count: authority.utf8CodeUnitCount),
                trust: trust)
            return RequestHeadRewriter.rewrite(
                head, of: buffer, fields: fields, stamps: stamps, upstream: upstream, into: output)
        }
    }
}

/// Sniffs a response and writes what the client gets; `nil` when either step refuses.
func rewritten(
    response bytes: [UInt8], answering request: RequestContext = ResponseReading.toGet,
    client: Persistence = .keepAlive, body: BodyForm = .framed,
    routed: String = "", pin: PinClearing = .none, room: Int? = nil
) -> [UInt8]? {
    var fields = HeadFieldTable()
    var sniffer = ResponseHeadSniffer()
    return bytes.withUnsafeBytes { buffer -> [UInt8]? in
        guard case .complete(let head) = sniffer.sniff(buffer, answering: request, into: &fields) else { return nil }
        let block = Array(routed.utf8)
        return writing(room ?? (head.headBytes + block.count + FramingLimits.responseStampRoom)) { output in
            block.withUnsafeBytes { block in
                ResponseHeadRewriter.rewrite(
                    head, of: buffer, fields: fields, client: client, body: body, routed: block, pin: pin,
                    into: output)
            }
        }
    }
}

/// The bytes that `write` puts into a buffer of `room` bytes, which is checked to be left alone beyond its end.
private func writing(_ room: Int, _ write: (UnsafeMutableRawBufferPointer) -> RewriteOutcome) -> [UInt8]? {
    let guardBytes = 16
    var output = [UInt8](repeating: 0xAA, count: room + guardBytes)
    let outcome = output.withUnsafeMutableBytes { buffer in
        write(UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
    }
    if output[room...].contains(where: { $0 != 0xAA }) { Issue.record("written beyond the end") }
    switch outcome {
    case .tooLarge: return nil
    case .written(let count): return Array(output[..<count])
    }
}

func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
