@testable import HTTPFraming

struct ResponseSummary: Equatable {
    var kind: ResponseHead.Kind
    var version: HTTPVersion
    var persistence: Persistence
    var status: UInt16
    var body: BodyFraming
    var declaredLength: UInt64?
    var coding: ContentCoding
    var headBytes: Int
    var fields: [String]

    init(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer, _ table: borrowing HeadFieldTable) {
        kind = head.kind
        version = head.version
        persistence = head.persistence
        status = head.status
        body = head.body
        declaredLength = head.declaredLength
        coding = head.coding
        headBytes = head.headBytes
        fields = table.texts(in: bytes)
    }
}

enum ResponseReading: Equatable {
    case needMore
    case complete(ResponseSummary)
    case rejected(ResponseRejection)

    static let toGet = RequestContext(method: .get, upgrade: .none)
    static let toHead = RequestContext(method: .head, upgrade: .none)
    static let toWebSocket = RequestContext(method: .get, upgrade: .webSocket)

    static func of(
        _ bytes: [UInt8], arrivingAt lengths: some Sequence<Int>, answering request: RequestContext = toGet
    ) -> ResponseReading {
        var fields = HeadFieldTable()
        var sniffer = ResponseHeadSniffer()
        return bytes.withUnsafeBytes { buffer in
            for length in lengths {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<length])
                switch sniffer.sniff(piece, answering: request, into: &fields) {
                case .needMore: continue
                case .complete(let head): return .complete(ResponseSummary(head, piece, fields))
                case .rejected(let rejection): return .rejected(rejection)
                }
            }
            return .needMore
        }
    }

    static func of(whole text: String, answering request: RequestContext = toGet) -> ResponseReading {
        let bytes = Array(text.utf8)
        return of(bytes, arrivingAt: [bytes.count], answering: request)
    }

    var summary: ResponseSummary? { if case .complete(let summary) = self { summary } else { nil } }
}
