import ClusterCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the status and body of a health answer say, by the facts of KUMA.md.
enum HealthAnswer: Equatable {
    case healthy
    case degraded(reason: String)
    case unhealthy(reason: String)
    /// A stock Kuma has no such path.
    case noSuchPath

    init(_ answer: KumaAnswer) {
        switch answer.status {
        case 200, 429: self = .healthy
        case 404: self = .noSuchPath
        case 503: self = HealthAnswer.unavailable(answer.body)
        case _: self = .unhealthy(reason: "answered \(answer.status)")
        }
    }

    /// Only the fields that decide; whatever else Kuma adds is none of our business.
    private struct Body: Decodable {
        struct Checks: Decodable {
            struct Check: Decodable {
                let status: String
            }
            let database: Check?
        }
        let checks: Checks?
    }

    private static func unavailable(_ body: [UInt8]) -> HealthAnswer {
        guard let report = try? JSONDecoder().decode(Body.self, from: Data(body)),
            let database = report.checks?.database, database.status != "healthy"
        else {
            return .unhealthy(reason: "answered 503")
        }
        return .degraded(reason: "answered 503: its database is \(database.status.prefix(40))")
    }
}
