/// Metrics as a table for people, read from what a scraper gets.
package struct MetricsTable {
    private struct Family {
        let name: Substring
        let help: Substring
        var kind: Substring = ""
        var labels: [Substring] = []
    }

    private var families: [Family] = []

    /// - Parameter exposition: Prometheus' text format, each family with its HELP and TYPE before its samples.
    package init(exposition: String) {
        for line in exposition.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                families.append(Family(name: words[2], help: words[3]))
            } else if families.isEmpty {
                continue
            } else if line.hasPrefix("# TYPE ") {
                families[families.count - 1].kind = words[3]
            } else {
                for label in line.matches(of: /[{,]([a-z_]+)="/) {
                    // A histogram's own.
                    if label.1 == "le" || families[families.count - 1].labels.contains(label.1) { continue }
                    families[families.count - 1].labels.append(label.1)
                }
            }
        }
    }

    package var names: [String] { families.map { String($0.name) } }

    /// In Markdown, in the order of the text.
    package var markdown: String {
        let rows = families.map { family in
            let labels = family.labels.isEmpty ? "–" : family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(family.name)` | \(family.kind) | \(labels) | \(family.help) |"
        }
        return (["| Metric | Kind | Labels | Meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}
