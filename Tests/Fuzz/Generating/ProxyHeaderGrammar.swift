/// Headers of the PROXY protocol, mostly good, sometimes damaged, with the beginning of a request behind them.
enum ProxyHeaderGrammar {
    private static let lines = bytes(
        "PROXY TCP4 203.0.113.7 10.0.0.1 49153 8084\r\n", "PROXY TCP6 2001:db8::7 ::1 49153 8084\r\n",
        "PROXY UNKNOWN\r\n", "PROXY UNKNOWN x y z\r\n", "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n",
        "PROXY TCP6 ::ffff:203.0.113.7 :: 0 1\r\n", "PROXY TCP4 203.0.113.07 10.0.0.1 1 2\r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 01 2\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 1 65536\r\n",
        "PROXY TCP5 a b 1 2\r\n",
        "PROXY TCP4 203.0.113.7  10.0.0.1 1 2\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 1 2 \r\n", "PROXY TCP4\r\n",
        "PROXY ")
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    static func stream(_ generator: inout CaseGenerator) -> [UInt8] {
        var stream: [UInt8] = []
        switch generator.below(8) {
        case 0: stream = generator.pick(bytes("GET / HTTP/1.1\r\n", "\r\n\r\nGET /", "P", "", "\u{16}"))
        case 1, 2: stream = lines[generator.below(generator.oneIn(2) ? lines.count : 6)]
        case _: stream = binary(&generator)
        }
        if generator.oneIn(3) { Damage.inflict(on: &stream, &generator) }
        return stream + (generator.oneIn(2) ? Array("GET / HTTP/1.1\r\n".utf8) : [])
    }

    private static func binary(_ generator: inout CaseGenerator) -> [UInt8] {
        let families: [(UInt8, Int)] = [(0x11, 12), (0x21, 36), (0, 0), (0x31, 216), (0x12, 12), (0x22, 36)]
        let (family, addressBytes) = families[generator.below(generator.oneIn(8) ? 6 : 4)]
        var block = (0..<addressBytes).map { _ in generator.byte() }
        for _ in 0..<generator.below(4) { block += tlv(&generator) }
        if generator.oneIn(40) { block += [4, 0x0F, 0] + [UInt8](repeating: 1, count: 3_840) }
        if generator.oneIn(16) { block.removeLast(min(block.count, generator.below(20))) }
        let command: UInt8 = generator.oneIn(6) ? 0x20 : generator.oneIn(20) ? generator.byte() : 0x21
        let count = generator.oneIn(30) ? generator.below(65_536) : block.count
        return signature + [command, family, UInt8(count >> 8), UInt8(count & 255)] + block
    }

    private static func tlv(_ generator: inout CaseGenerator, isInner: Bool = false) -> [UInt8] {
        var value = (0..<generator.below(12)).map { _ in generator.byte() }
        var type = UInt8(generator.below(6))
        switch generator.below(4) {
        case 0 where !isInner:
            type = 0x20
            value = [generator.byte(), 0, 0, 0, 0]
            for _ in 0..<generator.below(3) { value += tlv(&generator, isInner: true) }
            if generator.oneIn(8) { value.removeLast(generator.below(value.count)) }
        case 1:
            type = 3
            value = [1, 2, 3, 4]
        case 2: if generator.oneIn(8) { value = [UInt8](repeating: 2, count: 126 + generator.below(5)) }
        case _: break
        }
        let count = generator.oneIn(24) ? generator.below(300) : value.count
        return [type, UInt8(count >> 8), UInt8(count & 255)] + value
    }
}
