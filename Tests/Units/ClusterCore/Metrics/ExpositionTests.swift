import ClusterCore
import Testing

@Suite("The text that Prometheus reads")
struct ExpositionTests {
    @Test("a family is its help, its type and its samples; one without samples is left out")
    func families() {
        var page = Exposition()
        page.add("up_total", .counter, "How often.", 3)
        page.add(
            "ready", .gauge, "Whether.",
            [.init(true, [.init("node", "a\"b\\c\nd"), .init("x", "1")]), .init(0.25, []), .init(-2, [])])
        page.add("nobody", .gauge, "Nothing.", [Exposition.Sample]())
        page.add(summary: "spent_seconds", "Time.", count: 2, seconds: 1.5)
        #expect(
            page.text == """
                # HELP up_total How often.
                # TYPE up_total counter
                up_total 3
                # HELP ready Whether.
                # TYPE ready gauge
                ready{node="a\\"b\\\\c\\nd",x="1"} 1
                ready 0.25
                ready -2
                # HELP spent_seconds Time.
                # TYPE spent_seconds summary
                spent_seconds_sum 1.5
                spent_seconds_count 2

                """)
    }

    @Test("a histogram's buckets are cumulated and end at infinity")
    func histogram() {
        let histogram = LatencyHistogram()
        histogram.add(400_000)
        histogram.add(20_000_000_000)
        var page = Exposition()
        page.add(histogram: "wait_seconds", "Time.", [([.init("node", "a")], histogram.reading)])
        let lines = page.text.split(separator: "\n")
        #expect(lines[2] == #"wait_seconds_bucket{node="a",le="0.0005"} 1"#)
        #expect(lines[9] == #"wait_seconds_bucket{node="a",le="10"} 1"#)
        #expect(lines[10] == #"wait_seconds_bucket{node="a",le="+Inf"} 2"#)
        #expect(lines[11] == #"wait_seconds_sum{node="a"} 20.0004"#)
        #expect(lines[12] == #"wait_seconds_count{node="a"} 2"#)
    }
}
