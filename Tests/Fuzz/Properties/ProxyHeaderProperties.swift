import HTTPFraming

/// What must hold for the first bytes of a proxy's connection: the reference reads the same of them, client, TLS and length;
/// and what is decided after some of them stays decided whatever follows.
struct ProxyHeaderProperties {
    static func check(
        _ stream: [UInt8], seed: UInt64, _ generator: inout CaseGenerator, counting counts: inout CaseCounts
    ) throws(FuzzFailure) {
        func require(_ holds: Bool, _ property: @autoclosure () -> String) throws(FuzzFailure) {
            if !holds { throw FuzzFailure(seed: seed, property: property(), input: stream, output: []) }
        }
        let whole = sniff(stream[...])
        counts.streams += 1
        switch whole {
        case .complete: counts.messages += 1
        case .malformed: counts.refused += 1
        case .needMore, .absent: break
        }
        try require(isSame(whole, stream), "\(whole), but not by the reference")
        var decided: ProxyHeaderSniffer.Outcome?
        for length in generator.arrivals(of: stream.count) {
            let outcome = sniff(stream[..<length])
            if let decided { try require(outcome == decided, "\(outcome) after \(decided)") }
            if outcome != .needMore { decided = outcome }
        }
        try require(decided ?? .needMore == whole, "another header in pieces than whole")
    }

    private static func sniff(_ bytes: ArraySlice<UInt8>) -> ProxyHeaderSniffer.Outcome {
        bytes.withUnsafeBytes { ProxyHeaderSniffer.sniff($0) }
    }

    private static func isSame(_ outcome: ProxyHeaderSniffer.Outcome, _ stream: [UInt8]) -> Bool {
        do throws(ReferenceEnd) {
            let reference = try ReferenceProxyHeader(stream)
            switch outcome {
            case .absent: return reference.count == 0
            case .complete(let client, let transport, let count):
                return reference.count == count && reference.client == self.client(client)
                    && reference.isTLS == (transport == .tls)
            case .needMore, .malformed: return false
            }
        } catch {
            switch (outcome, error) {
            case (.needMore, .incomplete), (.malformed, .refused): return true
            case (_, .incomplete), (_, .refused): return false
            }
        }
    }

    private static func client(_ client: ProxiedClient) -> ReferenceProxyHeader.Client {
        func octets(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        return switch client {
        case .proxyItself: .proxyItself
        case .unnamed: .unnamed
        case .ipv4(let number, let port): .address(octets(number), port: Int(port))
        case .ipv6(let high, let low, let port): .address(octets(high) + octets(low), port: Int(port))
        }
    }
}
