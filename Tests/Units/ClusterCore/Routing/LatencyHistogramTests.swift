import ClusterCore
import Synchronization
import Testing

@Suite("What is counted of a node's answers")
struct LatencyHistogramTests {
    @Test("a span counts in every bucket whose bound it does not pass, and in the last")
    func bounds() {
        for (index, bound) in LatencyHistogram.Reading.bounds.enumerated() {
            let histogram = LatencyHistogram()
            let span = UInt64(bound * 1e9)
            histogram.add(span)
            histogram.add(span + 1)
            let reading = histogram.reading
            #expect(reading.cumulated.count == LatencyHistogram.Reading.bounds.count + 1)
            #expect(reading.cumulated[..<index].allSatisfy { $0 == 0 }, "\(bound)")
            #expect(reading.cumulated[index] == 1, "\(bound)")
            #expect(reading.cumulated[(index + 1)...].allSatisfy { $0 == 2 }, "\(bound)")
            #expect(reading.count == 2)
            #expect(abs(reading.sum - 2 * bound) < 1e-6)
        }
    }

    @Test("responses count by their class, whatever a node makes up")
    func classes() {
        let traffic = NodeTraffic()
        for status: UInt16 in [100, 101, 200, 204, 302, 404, 499, 500, 599, 600, 999] {
            traffic.responded(status, after: 1_000)
        }
        #expect(traffic.responsesByClass == [2, 2, 1, 2, 4])
        #expect(traffic.responseTimes.reading.count == 11)
    }

    @Test("an ejection counts once, however many connects fail while it lasts")
    func ejections() {
        let traffic = NodeTraffic()
        traffic.eject(now: 1_000, draw: 0.5)
        traffic.eject(now: 2_000, draw: 0.5)
        #expect(traffic.ejections.load(ordering: .relaxed) == 1)
        traffic.eject(now: 60_000_000_000, draw: 0.5)
        #expect(traffic.ejections.load(ordering: .relaxed) == 2)
    }
}
