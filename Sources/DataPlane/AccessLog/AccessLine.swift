import ClusterCore
import HTTPFraming

/// Puts one line of the access log together, in the same buffer for each.
///
/// Text is the Common Log Format, which every log analyser reads, with what a balancer knows behind it:
///
///     192.0.2.7 - - [26/Nov/2026:01:02:03 +0000] "GET /a HTTP/1.1" 200 1234 node=node1 via=load-balancer ms=5.213
///
/// JSON has the same values under names. What is not known is `-`, in JSON null. Where the balancer answered itself or cut
/// the response, a `reason` follows.
struct AccessLine {
    private(set) var bytes: [UInt8] = []
    private let form: AccessLog.Form
    private var clock: AccessClock

    init(_ form: AccessLog.Form) {
        self.form = form
        clock = AccessClock(form)
        bytes.reserveCapacity(4096)
    }

    /// - Parameters:
    ///   - sentBytes: of the response, as far as the kernel took them for the client.
    ///   - span: nanoseconds from the request's head to now.
    mutating func write(_ note: AccessNote, client: IPAddress, sentBytes: Int, span: UInt64) {
        bytes.removeAll(keepingCapacity: true)
        switch form {
        case .text: writeText(note, client, sentBytes, span)
        case .json: writeJSON(note, client, sentBytes, span)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func writeText(_ note: AccessNote, _ client: IPAddress, _ sentBytes: Int, _ span: UInt64) {
        addClient(note, client)
        add(" - - [")
        bytes.append(contentsOf: clock.now())
        add("] \"")
        if note.method.isEmpty {
            add("-")
        } else {
            addEscaped(note.method)
            add(" ")
            addPath(note)
            add(note.version == .http11 ? " HTTP/1.1" : " HTTP/1.0")
        }
        add("\" ")
        if note.status == 0 { add("-") } else { add(UInt64(note.status)) }
        add(" ")
        add(UInt64(sentBytes))
        add(" node=")
        if note.node.isEmpty { add("-") } else { bytes.append(contentsOf: note.node) }
        add(" via=")
        add(AccessLine.word(note.answerer) ?? "-")
        add(" ms=")
        addMilliseconds(span)
        guard !note.reason.isEmpty else { return }
        add(" reason=")
        bytes.append(contentsOf: note.reason.utf8)
    }

    private mutating func writeJSON(_ note: AccessNote, _ client: IPAddress, _ sentBytes: Int, _ span: UInt64) {
        add("{\"time\":\"")
        bytes.append(contentsOf: clock.now())
        add("\",\"label\":\"access\",\"client\":\"")
        addClient(note, client)
        if note.method.isEmpty {
            add("\",\"method\":null,\"path\":null,\"status\":")
        } else {
            add("\",\"method\":\"")
            addEscaped(note.method)
            add("\",\"path\":\"")
            addPath(note)
            add("\",\"status\":")
        }
        if note.status == 0 { add("null") } else { add(UInt64(note.status)) }
        add(",\"bytes\":")
        add(UInt64(sentBytes))
        add(",\"node\":")
        if note.node.isEmpty {
            add("null")
        } else {
            add("\"")
            bytes.append(contentsOf: note.node)
            add("\"")
        }
        add(",\"via\":")
        if let word = AccessLine.word(note.answerer) {
            add("\"")
            add(word)
            add("\"")
        } else {
            add("null")
        }
        add(",\"ms\":")
        addMilliseconds(span)
        if !note.reason.isEmpty {
            add(",\"reason\":\"")
            bytes.append(contentsOf: note.reason.utf8)
            add("\"")
        }
        add("}")
    }

    /// Of a node: as `X-Routed-Via` has it.
    private static func word(_ answerer: AccessNote.Answerer) -> StaticString? {
        switch answerer {
        case .nobody: nil
        case .node(let via): via.word
        case .controlAPI: "api"
        case .balancer: "balancer"
        }
    }

    private mutating func addClient(_ note: AccessNote, _ peer: IPAddress) {
        if note.client.isEmpty { add(peer) } else { bytes.append(contentsOf: note.client) }
    }

    private mutating func addPath(_ note: AccessNote) {
        // An absolute form without a path means "/".
        if note.path.isEmpty { add("/") } else { addEscaped(note.path) }
        if note.isPathCut { add("...") }
    }

    /// Bytes that could end the line or the quotes, or that are no ASCII, as `\xHH`; in JSON the backslash is doubled.
    private mutating func addEscaped(_ text: [UInt8]) {
        for byte in text {
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            if isPlain {
                bytes.append(byte)
                continue
            }
            switch form {
            case .text: add("\\x")
            case .json: add("\\\\x")
            }
            bytes.append(AccessLine.hexDigit(byte >> 4))
            bytes.append(AccessLine.hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private mutating func add(_ text: StaticString) {
        // SAFETY: a literal lives as long as the process.
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func add(_ number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    private mutating func addMilliseconds(_ span: UInt64) {
        let micros = span / 1000
        add(micros / 1000)
        add(".")
        for divisor: UInt64 in [100, 10, 1] {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: micros / divisor % 10))
        }
    }

    private mutating func add(_ address: IPAddress) {
        withUnsafeTemporaryAllocation(byteCount: IPAddress.textBytes, alignment: 1) { text in
            bytes.append(contentsOf: text[..<address.writeText(into: text)])
        }
    }
}
