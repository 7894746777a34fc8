import ClusterCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the status and body of a health answer say, by FactsAboutKuma.md.
enum HealthAnswer: Equatable {
    /// What was asked: how much a 200 proves depends on it.
    enum Question: Equatable {
        /// Kuma's health report. A stock Kuma, as any single-page application, answers 200 there with its page.
        case report
        /// The entry page of a Kuma that has no health path: 200 with a JSON object that names its type.
        case entryPage
        /// A path that a person chose: its 200 means what that person says.
        case other
    }

    case healthy
    case degraded(reason: String)
    case unhealthy(reason: String)
    /// A Kuma before the cluster fork's health path has no such path.
    case noSuchPath

    init(_ answer: KumaAnswer, to question: Question) {
        switch answer.status {
        case 200:
            switch question {
            case .report: self = HealthAnswer.report(answer.body)
            case .entryPage: self = HealthAnswer.entryPage(answer.body)
            case .other: self = .healthy
            }
        case 429: self = .healthy
        case 404: self = .noSuchPath
        case 503: self = HealthAnswer.unavailable(answer.body)
        case _: self = .unhealthy(reason: "answered \(answer.status)")
        }
    }

    /// Only the fields that decide; whatever else Kuma adds is none of our business.
    private struct Report: Decodable {
        struct Checks: Decodable {
            struct Check: Decodable {
                let status: String
            }
            let database: Check?
        }
        let ok: Bool?
        let checks: Checks?

        private enum Key: CodingKey { case ok, checks }

        /// Each by itself: a check that a later Kuma words otherwise does not make its report unreadable.
        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            ok = try? fields.decode(Bool.self, forKey: .ok)
            checks = try? fields.decode(Checks.self, forKey: .checks)
        }
    }

    private struct EntryPage: Decodable {
        let type: String
    }

    /// Of a balancer's `/lb/ready`.
    private struct Readiness: Decodable {
        let reasons: [String]
    }

    private static func report(_ body: [UInt8]) -> HealthAnswer {
        guard let report = decode(Report.self, body), report.ok != nil || report.checks != nil else {
            return .unhealthy(
                reason: "answered 200 without a health report: a stock Uptime Kuma, which is no node of a cluster, "
                    + "or another program")
        }
        let database = report.checks?.database?.status ?? "healthy"
        switch report.ok {
        case true?: return .healthy
        case nil where database == "healthy": return .healthy
        case false? where database == "healthy": return .unhealthy(reason: "answered 200: it is not healthy")
        case nil, false?: return .degraded(reason: "answered 200: its database is \(database.prefix(40))")
        }
    }

    private static func entryPage(_ body: [UInt8]) -> HealthAnswer {
        decode(EntryPage.self, body) == nil
            ? .unhealthy(reason: "answered 200 without Kuma's entry page: this is another program") : .healthy
    }

    private static func unavailable(_ body: [UInt8]) -> HealthAnswer {
        if let database = decode(Report.self, body)?.checks?.database, database.status != "healthy" {
            return .degraded(reason: "answered 503: its database is \(database.status.prefix(40))")
        }
        let reasons = decode(Readiness.self, body)?.reasons.prefix(5).map { $0.prefix(40) } ?? []
        return .unhealthy(reason: "answered 503" + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", ")))
    }

    private static func decode<Body: Decodable>(_ type: Body.Type, _ body: [UInt8]) -> Body? {
        try? JSONDecoder().decode(type, from: Data(body))
    }
}
