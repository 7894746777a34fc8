import ClusterCore
import Foundation
import Synchronization
import Testing
import Waiting

/// The process' own limit is lowered, so nothing else of it may run meanwhile.
@Suite("No descriptor is free", .serialized)
struct DescriptorExhaustionTests {
    @Test("A client that comes is turned away at once, an exchange goes on, and afterwards all is as before")
    func turnedAway() throws {
        let mayAnswer = Atomic<Bool>(false)
        let origin = try Origin.http { _ in
            try? blockUntil("the test lets the node answer") { mayAnswer.load(ordering: .acquiring) }
            return "one"
        }
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let before = try balancer.connect()
        try before.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil("the node has the request") { origin.requests.count == 1 }
        try withNoDescriptorLeft(butFor: 1) {
            let unlucky = try balancer.connect()
            // A reset or a plain end, as the moment has it; what counts is that it does not wait.
            #expect(try unlucky.receiveToEnd().bytes.isEmpty)
            mayAnswer.store(true, ordering: .releasing)
            #expect(try before.readResponse().text == "one")
        }
        #expect(balancer.sum { $0.turnedAway.load(ordering: .acquiring) } == 1)
        #expect(try balancer.connect().get("/").text == "one")
    }

    @Test("An idle upstream connection gives way to a client")
    func idleUpstreamGivesWay() throws {
        let origin = try Origin.named("one")
        let balancer = try Balancer([.init(id: "node1", port: origin.port)], reactors: 1)
        let first = try balancer.connect()
        #expect(try first.get("/").text == "one")
        #expect(origin.openConnections == 1)
        let second = try withNoDescriptorLeft(butFor: 1) {
            let second = try balancer.connect()
            try blockUntil("its place was made") { balancer.openConnections == 2 }
            return second
        }
        #expect(try second.get("/").text == "one")
        #expect(balancer.sum { $0.turnedAway.load(ordering: .acquiring) } == 0)
        #expect(try first.get("/").text == "one")
    }

    /// Runs `body` while this process may open no more than `count` further descriptors.
    private func withNoDescriptorLeft<Result>(butFor count: Int, _ body: () throws -> Result) throws -> Result {
        try waitUntilDescriptorsRest()
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        try #require(getrlimit(resource, &limit) == 0)
        // Descriptors are given out from the lowest free number on: the gaps are filled, then the limit is right behind.
        var fillers: [Int32] = []
        defer { for filler in fillers { close(filler) } }
        let top = try #require(openDescriptors().max())
        while let filler = Optional(open("/dev/null", O_RDONLY | O_CLOEXEC)), filler >= 0 {
            fillers.append(filler)
            if filler > top { break }
        }
        var lowered = limit
        lowered.rlim_cur = rlim_t(try #require(fillers.last)) + 1 + rlim_t(count)
        try #require(setrlimit(resource, &lowered) == 0)
        defer { setrlimit(resource, &limit) }
        return try body()
    }

    /// Threads of earlier tests may still be closing what was theirs.
    private func waitUntilDescriptorsRest() throws {
        var last = try openDescriptors()
        var equalLooks = 0
        try blockUntil("nobody opens or closes a descriptor") {
            let now = try openDescriptors()
            equalLooks = now == last ? equalLooks + 1 : 0
            last = now
            return equalLooks == 20
        }
    }

    private func openDescriptors() throws -> Set<Int32> {
        Set(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init))
    }
}
