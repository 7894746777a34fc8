import Testing

@testable import MariaDB

@Suite("What a host says of itself")
struct HostFitnessTests {
    /// As a host in its cluster says it (MariaDB 10.11, galera-4 26.4).
    private static let synced = [
        "read_only": "OFF", "wsrep_on": "ON", "wsrep_provider": "/usr/lib/galera/libgalera_smm.so",
        "wsrep_cluster_status": "Primary", "wsrep_ready": "ON", "wsrep_local_state": "4",
    ]
    /// As a server says it that has Galera built in and not in use.
    private static let plain = [
        "read_only": "OFF", "wsrep_on": "OFF", "wsrep_provider": "none", "wsrep_cluster_status": "Disconnected",
        "wsrep_ready": "OFF", "wsrep_local_state": "18446744073709551615",
    ]

    @Test(
        "Its own words decide, with Galera and without",
        arguments: [
            (synced, [:], .fit),
            (synced, ["wsrep_cluster_status": "non-Primary", "wsrep_ready": "OFF"], .outsideCluster),
            (synced, ["wsrep_cluster_status": "Disconnected", "wsrep_ready": "OFF"], .outsideCluster),
            (synced, ["wsrep_ready": "OFF", "wsrep_local_state": "1"], .joining),
            (synced, ["wsrep_local_state": "2"], .lent),
            (synced, ["wsrep_local_state": "3"], .lent),
            (synced, ["read_only": "ON"], .readOnly),
            // MariaDB 12 knows more words than two.
            (synced, ["read_only": "NO_LOCK"], .readOnly),
            (plain, [:], .fit),
            (plain, ["read_only": "ON"], .readOnly),
            (plain, ["wsrep_on": "ON"], .fit),
            // Built without Galera.
            ([:], ["read_only": "OFF"], .fit),
            ([:], [:], .fit),
        ] as [([String: String], [String: String], HostFitness)])
    func facts(_ facts: [String: String], _ changes: [String: String], _ expected: HostFitness) {
        #expect(HostFitness(facts.merging(changes) { $1 }) == expected)
    }

    @Test("Alone, whatever still reads serves; a host without its cluster does not")
    func alone() {
        #expect(HostFitness.allCases.filter { !$0.servesAlone } == [.joining, .outsideCluster])
        #expect(HostFitness.allCases.sorted { $0.rank < $1.rank } == HostFitness.allCases)
    }
}

@Suite("Which host next")
struct HostBookTests {
    private let start = ContinuousClock.now

    @Test("Only a host that was locked when it was asked last is tried by a write")
    func writeProbe() {
        var book = HostBook(["a", "b"])
        #expect(!book.needsWriteProbe(at: 0))
        for finding in HostFitness.allCases.map(HostBook.Finding.answers) + [.unreachable, .silent, .refusesLogin] {
            _ = book.found(finding, at: 0, now: start)
            #expect(book.needsWriteProbe(at: 0) == (finding == .answers(.locked)), "\(finding)")
        }
        #expect(!book.needsWriteProbe(at: 1))
    }

    @Test("Hosts are tried in their order, after a failure from the next one on")
    func order() {
        var book = HostBook(["a", "b", "c"])
        #expect(book.order == [0, 1, 2])
        book.leave(0)
        #expect(book.order == [1, 2, 0])
        book.leave(2)
        #expect(book.order == [0, 1, 2])
        book.leave(1)
        book.startOver()
        #expect(book.order == [0, 1, 2])
    }

    @Test("What a host says is told once, its recovery too, and nothing is told of a host that was always fit")
    func news() {
        var book = HostBook(["a", "b"])
        let later = start + .seconds(9)
        let told = [
            book.found(.answers(.fit), at: 0, now: start),
            book.found(.answers(.readOnly), at: 0, now: start),
            book.found(.answers(.readOnly), at: 0, now: later),
            book.found(.unreachable, at: 0, now: later),
            book.found(.answers(.fit), at: 0, now: later),
        ]
        #expect(told == [nil, "a is read-only, as a standby is", nil, "a cannot be reached", "a is fit again"])
    }

    @Test("Another host may be better unless it was just found to be no better; alone there is none")
    func better() {
        var alone = HostBook(["a"])
        _ = alone.found(.answers(.locked), at: 0, now: start)
        #expect(!alone.mayFindBetter(than: .locked, at: 0, now: start))
        var book = HostBook(["a", "b"])
        #expect(book.mayFindBetter(than: .locked, at: 0, now: start))
        _ = book.found(.unreachable, at: 1, now: start)
        #expect(!book.mayFindBetter(than: .locked, at: 0, now: start))
        #expect(book.mayFindBetter(than: .locked, at: 0, now: start + HostBook.standing))
        _ = book.found(.answers(.lent), at: 1, now: start)
        #expect(book.mayFindBetter(than: .locked, at: 0, now: start))
        #expect(!book.mayFindBetter(than: .lent, at: 0, now: start))
    }

    @Test("The report names the host in use and why others are not fit, in our own words")
    func report() {
        var book = HostBook(["a:3306", "b:3306"])
        _ = book.found(.refusesLogin, at: 0, now: start)
        _ = book.found(.answers(.fit), at: 1, now: start)
        let changes = [book.works(at: 1), book.works(at: 1)]
        #expect(changes == [true, false])
        #expect(
            book.report
                == HostReport(current: "b:3306", unfit: [.init(host: "a:3306", reason: "refuses our log-in")]))
    }
}

@Suite("Errors that may mean the host")
struct ServerFaultTests {
    private func fault(_ code: UInt32, _ stage: ServerFault.Stage = .running) -> ServerFault {
        ServerFault(code: code, reason: "", statement: "", stage: stage, wentSilent: false)
    }

    @Test("A lock that is waited for to prepare a statement is none; one that is waited for to run it may be")
    func lock() {
        #expect(fault(1205, .preparing).error == .unavailable(reason: ""))
        #expect(fault(1213, .preparing).error == .unavailable(reason: ""))
        #expect(fault(1205).error == .conflict(code: 1205, reason: ""))
        #expect(fault(1205).aftermath == .doubtHost(.lock))
        #expect(fault(1213).aftermath == .doubtHost(.lock))
        #expect(fault(1020).aftermath == .usable)
    }

    @Test("Read-only, outside its cluster, a commit that came to nothing: the host is asked")
    func refusals() {
        for code: UInt32 in [1047, 1290, 1792, 1836] { #expect(fault(code).aftermath == .doubtHost(.refusal)) }
        #expect(fault(1180).aftermath == .doubtHost(.commit))
        #expect(fault(1180).error == .unavailable(reason: ""))
    }

    @Test("A statement that the server ended is an answer; one to which it fell silent is none")
    func deadlines() {
        for code: UInt32 in [1969, 3024] {
            #expect(fault(code).error == .deadlineExceeded(statement: "", by: .server))
            #expect(fault(code).aftermath == .usable)
        }
        let silence = ServerFault(code: 2013, reason: "", statement: "", stage: .running, wentSilent: true)
        #expect(silence.error == .deadlineExceeded(statement: "", by: .client))
        #expect(silence.aftermath == .close)
    }

    @Test("A log-in plugin that is missing here, or not allowed, is a refused log-in")
    func plugins() {
        for code: UInt32 in [2059, 5010] { #expect(fault(code).error == .loginRefused(reason: "")) }
    }
}
