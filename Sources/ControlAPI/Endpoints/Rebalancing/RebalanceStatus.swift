import ClusterCore
import ClusterStore
import ControlPlane

/// Progress of the job, and the last ones.
struct RebalanceStatus: WholeAnswer {
    enum Word: String, AnswerWord {
        case idle, running, failed

        init(_ job: RebalanceJob?) {
            self =
                switch job?.state {
                case .pending, .running: .running
                case .failed: .failed
                case .done, .cancelled, nil: .idle
                }
        }
    }

    private static let shownJobs = 20

    private let timestamp: Timestamp
    private let job: RebalanceJob?
    private let message: String
    private let lastError: String?
    private let last: [JobRow]

    /// - Parameter jobs: newest first.
    init(timestamp: Timestamp, jobs: [RebalanceJob], isPaused: Bool) {
        self.timestamp = timestamp
        job = jobs.first
        message = RebalanceStatus.message(jobs.first, isPaused: isPaused)
        lastError = jobs.first { $0.error != nil }?.error
        last = jobs.prefix(RebalanceStatus.shownJobs).map(JobRow.init)
    }

    private var status: Word { Word(job) }
    private var number: Int? { job.map { Int($0.id) } }
    private var total: Int { job?.total ?? 0 }
    private var moved: Int { job?.moved ?? 0 }
    private var remaining: Int { job.map { $0.isActive ? $0.remaining : 0 } ?? 0 }
    private var startedAt: TimeText? { job?.startedAt.map { TimeText($0) } }
    private var finishedAt: TimeText? { job?.finishedAt.map { TimeText($0) } }

    static let meaning = "The jobs."
    static let fields = AnswerFields<Self> {
        $0.field("timestamp", \.timestamp, "Unix seconds.")
        $0.field("status", \.status, "Of the newest job; `idle` when it is over.")
        $0.field("message", \.message, "The same for people.")
        $0.field("job", \.number, "Its number; null when there never was one.")
        $0.field("kind", \.job?.kind, "Whether it evens out, or gives every monitor a home anew.")
        $0.field("total", \.total, "Monitors that it was to move.")
        $0.field("moved", \.moved, "Those that it moved.")
        $0.field("remaining", \.remaining, "Those that it has still to move.")
        $0.field("started_at", \.startedAt, "When the leader began.")
        $0.field("finished_at", \.finishedAt, "When it was over.")
        $0.field("last_error", \.lastError, "Of the last job that failed.")
        $0.field("last_jobs", \.last, "Newest first, 20 at most.")
    }

    private static func message(_ job: RebalanceJob?, isPaused: Bool) -> String {
        guard let job else { return "nothing was ever rebalanced" }
        let count = "\(job.moved) of \(job.total) monitors moved"
        switch job.state {
        case .pending: return isPaused ? "waits: automatic moves are paused" : "waits for the leader"
        case .running where job.isCancelled: return "stops after the current batch: \(count)"
        case .running: return isPaused ? "waits, automatic moves are paused: \(count)" : count
        case .done: return "finished: \(count)"
        case .cancelled: return "cancelled: \(count)"
        case .failed: return "failed: \(count)"
        }
    }
}

/// In short, for `/lb/system-status`.
struct RebalanceSummary: AnswerObject {
    private let job: RebalanceJob?

    init(_ job: RebalanceJob?) { self.job = job }

    private var status: RebalanceStatus.Word { RebalanceStatus.Word(job) }
    private var number: Int? { job.map { Int($0.id) } }
    private var remaining: Int { job?.remaining ?? 0 }

    static let fields = AnswerFields<Self> {
        $0.field("status", \.status, "Of the active job; `idle` when there is none.")
        $0.field("job", \.number, "Its number.")
        $0.field("remaining", \.remaining, "Monitors that it has still to move.")
    }
}

struct JobRow: AnswerObject {
    private let job: RebalanceJob
    private let number: Int
    private let requestedAt: TimeText
    private let startedAt: TimeText?
    private let finishedAt: TimeText?

    init(_ job: RebalanceJob) {
        self.job = job
        number = Int(job.id)
        requestedAt = TimeText(job.requestedAt)
        startedAt = job.startedAt.map { TimeText($0) }
        finishedAt = job.finishedAt.map { TimeText($0) }
    }

    static let name: String? = "Job"
    static let fields = AnswerFields<Self> {
        $0.field("job", \.number, "Its number.")
        $0.field("kind", \.job.kind, "Whether it evens out, or gives every monitor a home anew.")
        $0.field("status", \.job.state, "How far it is.")
        $0.field("requested_by", \.job.requestedBy, "Who asked.")
        $0.field("requested_at", \.requestedAt, "When, by the database's clock.")
        $0.field("started_at", \.startedAt, "When the leader began.")
        $0.field("finished_at", \.finishedAt, "When it was over.")
        $0.field("total", \.job.total, "Monitors that it was to move.")
        $0.field("moved", \.job.moved, "Those that it moved.")
        $0.field("error", \.job.error, "Why it failed.")
    }
}

extension RebalanceKind: AnswerWord {}
extension RebalanceJob.State: AnswerWord {}
