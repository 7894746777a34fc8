import RepeatableRandom

@testable import HTTPFraming

/// A request head with its texts taken out, so that readings of different buffers can be compared.
struct RequestSummary: Equatable {
    var method: RequestMethod
    var version: HTTPVersion
    var persistence: Persistence
    var upgrade: UpgradeRequest
    var expectation: BodyExpectation
    var answerForm: AnswerForm
    var forwarded: ForwardedFields
    var body: BodyFraming
    var methodText: String
    var target: String
    var path: String
    var query: String
    var host: String
    var pin: String
    var destination: String
    var headBytes: Int
    var fields: [String]

    init(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ table: borrowing HeadFieldTable) {
        func text(_ range: ByteRange) -> String { String(decoding: range.bytes(in: bytes), as: UTF8.self) }
        method = head.method
        version = head.version
        persistence = head.persistence
        upgrade = head.upgrade
        expectation = head.expectation
        answerForm = head.answerForm
        forwarded = head.forwarded
        body = head.body
        methodText = text(head.methodText)
        target = text(head.target)
        path = text(head.path)
        query = text(head.query)
        host = text(head.host)
        pin = text(head.pin)
        destination =
            switch head.destination {
            case .controlAPI: "api"
            case .node(.anything): "node"
            case .node(.socketIO(let session)): "socket.io(\(text(session)))"
            case .node(.monitor(let id)): "monitor(\(id))"
            }
        headBytes = head.headBytes
        fields = table.texts(in: bytes)
    }
}

extension HeadFieldTable {
    /// `name: value` of each line.
    func texts(in bytes: UnsafeRawBufferPointer) -> [String] {
        (0..<count).map { index in
            let name = ByteRange(start: self[index].start, end: self[index].nameEnd).bytes(in: bytes)
            let value = self[index].value.bytes(in: bytes)
            return String(decoding: name, as: UTF8.self) + ": " + String(decoding: value, as: UTF8.self)
        }
    }
}

enum RequestReading: Equatable {
    case needMore
    case complete(RequestSummary)
    case rejected(HeadRejection)
    case notHTTP

    /// What the sniffer makes of `bytes` when they arrive in pieces that end at `lengths`.
    static func of(_ bytes: [UInt8], arrivingAt lengths: some Sequence<Int>) -> RequestReading {
        var fields = HeadFieldTable()
        var sniffer = RequestHeadSniffer()
        return bytes.withUnsafeBytes { buffer in
            for length in lengths {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<length])
                switch sniffer.sniff(piece, into: &fields) {
                case .needMore: continue
                case .complete(let head): return .complete(RequestSummary(head, piece, fields))
                case .rejected(let rejection): return .rejected(rejection)
                case .notHTTP: return .notHTTP
                }
            }
            return .needMore
        }
    }

    static func of(whole bytes: [UInt8]) -> RequestReading { of(bytes, arrivingAt: [bytes.count]) }

    static func of(whole text: String) -> RequestReading { of(whole: Array(text.utf8)) }

    var summary: RequestSummary? { if case .complete(let summary) = self { summary } else { nil } }
}

/// The ways in which every case is read: whole, one byte at a time, at random places, and in two pieces cut at every
/// place there is. An input of several kilobytes, whose bulk is padding, is cut at its first and last places and here
/// and there between them.
func waysToArrive(_ count: Int, seed: UInt64) -> some Sequence<[Int]> {
    var generator = SeededRandom(seed: seed)
    let usual = [[count], Array(0...count), generator.splits(of: count), generator.splits(of: count)]
    let cuts = (0..<count).lazy.filter { count <= 1_500 || $0 < 80 || $0 > count - 80 || $0 % 211 == 0 }
    return usual + cuts.map { [$0, count] }
}

/// A request head with these lines; every line gets its CRLF, and the empty line follows.
func head(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }
