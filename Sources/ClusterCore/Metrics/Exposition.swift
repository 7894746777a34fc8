/// Prometheus' text format, version 0.0.4: families of samples, each with its HELP and TYPE.
package struct Exposition: Sendable {
    /// What `/metrics` says of its body.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The word in the TYPE line.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram, summary
    }

    /// One label of a sample. Its name stands as it is, its value is escaped.
    package struct Label: Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// One line of a family.
    package struct Sample: Sendable {
        package let labels: [Label]
        package let value: Double

        package init(_ value: Double, _ labels: [Label] = []) {
            self.labels = labels
            self.value = value
        }

        package init(_ value: Int, _ labels: [Label] = []) { self.init(Double(value), labels) }
        /// 1 for true, 0 for false.
        package init(_ flag: Bool, _ labels: [Label] = []) { self.init(flag ? 1 : 0, labels) }
    }

    /// The page so far; each line ends with a line feed.
    package private(set) var text = ""

    package init() {}

    /// A family without samples is left out: nothing is known of it.
    package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        begin(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// A family of one sample without labels.
    package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
        add(name, kind, help, [Sample(value)])
    }

    /// One histogram for each reading, told apart by its labels; bounds and sums are seconds. Left out where there are none.
    package mutating func add(histogram name: String, _ help: String, _ readings: [([Label], LatencyHistogram.Reading)])
    {
        guard !readings.isEmpty else { return }
        begin(name, .histogram, help)
        for (labels, reading) in readings {
            let bounds = LatencyHistogram.Reading.bounds.map(Exposition.number) + ["+Inf"]
            for (bound, count) in zip(bounds, reading.cumulated) {
                line(name + "_bucket", labels + [Label("le", bound)], Double(count))
            }
            line(name + "_sum", labels, reading.sum)
            line(name + "_count", labels, Double(reading.count))
        }
    }

    /// A summary without quantiles: how often, and how long in all.
    package mutating func add(summary name: String, _ help: String, count: Int, seconds: Double) {
        begin(name, .summary, help)
        line(name + "_sum", [], seconds)
        line(name + "_count", [], Double(count))
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [Label], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Exposition.escaped($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Exposition.number(value))\n"
    }

    /// Whole numbers without a fraction, as counters are read by people, too.
    private static func number(_ value: Double) -> String {
        Int(exactly: value).map { String($0) } ?? String(value)
    }

    /// The three characters that the format escapes in a label's value.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            case _: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
