import Foundation

/// The targets and who builds on whom, as SVG: each in the row above what it builds on, an arrow for each dependency that
/// is not already one of a dependency's.
struct TargetGraph {
    /// A box, or, where an arrow passes through a row, its bend.
    private struct Place {
        let name: String?
        let row: Int
        var x = 0.0
        var width: Double { name.map { Double($0.count) * 7.6 + 22 } ?? 12 }
    }

    private static let (rowHeight, boxHeight, gap, margin) = (74.0, 28.0, 14.0, 16.0)

    private var places: [Place] = []
    /// From an upper place to a lower one, a row apart.
    private var steps: [(from: Int, to: Int)] = []

    init(_ targets: [ManifestTargets.Target]) {
        let below = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, Set($0.dependencies)) })
        let names = below.keys.sorted()
        var rows: [String: Int] = [:]
        func row(of name: String) -> Int {
            if let known = rows[name] { return known }
            let row = (below[name] ?? []).map { row(of: $0) + 1 }.max() ?? 0
            rows[name] = row
            return row
        }
        var index: [String: Int] = [:]
        for name in names {
            index[name] = places.count
            places.append(Place(name: name, row: row(of: name)))
        }
        for name in names {
            let direct = below[name] ?? []
            let indirect = direct.reduce(into: Set<String>()) { $0.formUnion(Self.reach($1, below)) }
            for lower in direct.subtracting(indirect).sorted() {
                guard let top = index[name], let bottom = index[lower] else { continue }
                lead(from: top, to: bottom)
            }
        }
        arrange()
    }

    private static func reach(_ name: String, _ below: [String: Set<String>]) -> Set<String> {
        (below[name] ?? []).reduce(into: below[name] ?? []) { $0.formUnion(reach($1, below)) }
    }

    private mutating func lead(from top: Int, to bottom: Int) {
        var upper = top
        var row = places[top].row - 1
        while row > places[bottom].row {
            places.append(Place(name: nil, row: row))
            steps.append((upper, places.count - 1))
            upper = places.count - 1
            row -= 1
        }
        steps.append((upper, bottom))
    }

    /// Tries some orders and keeps the one with the shortest lines, which cross least.
    private mutating func arrange() {
        var best: (length: Double, places: [Place])?
        for attempt in 0..<40 {
            var trial = self
            trial.settle(attempt: attempt)
            if trial.length < best?.length ?? .infinity { best = (trial.length, trial.places) }
        }
        places = best?.places ?? places
        let left = places.map { $0.x - $0.width / 2 }.min() ?? 0
        for index in places.indices { places[index].x += Self.margin - left }
    }

    /// Orders each row by where the neighbours of its places are, some times up and down, and moves places towards them.
    private mutating func settle(attempt: Int) {
        let last = places.map(\.row).max() ?? 0
        var rows = (0...last).map { row in places.indices.filter { places[$0].row == row } }
        // The same in each run, and another order for each attempt.
        for row in rows.indices { rows[row].sort { ($0 * 7919 * attempt) % 997 < ($1 * 7919 * attempt) % 997 } }
        for row in rows { pack(row, around: row.map { _ in nil }) }
        for _ in 0..<8 {
            for (range, fromAbove) in [(Array(1...max(last, 1)), false), (Array((0..<last).reversed()), true)] {
                for number in range where number <= last {
                    let wanted = rows[number].map { middle(of: $0, above: fromAbove) ?? places[$0].x }
                    let order = rows[number].indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
                    rows[number] = order.map { rows[number][$0] }
                    pack(rows[number], around: order.map { wanted[$0] })
                }
            }
        }
    }

    private var length: Double {
        steps.map { step in
            let shift = places[step.from].x - places[step.to].x
            return shift * shift
        }.reduce(0, +)
    }

    /// The mean of its neighbours on one side.
    private func middle(of place: Int, above: Bool) -> Double? {
        let near = steps.compactMap { above ? ($0.to == place ? $0.from : nil) : ($0.from == place ? $0.to : nil) }
        guard !near.isEmpty else { return nil }
        return near.map { places[$0].x }.reduce(0, +) / Double(near.count)
    }

    /// Puts a row's places as near to what each wants as their widths allow: blocks of places that touch share one middle.
    private mutating func pack(_ row: [Int], around wanted: [Double?]) {
        var blocks: [(members: [(place: Int, offset: Double)], sum: Double, width: Double)] = []
        for (place, want) in zip(row, wanted) {
            let half = (places[place].width + Self.gap) / 2
            blocks.append(([(place, half)], (want ?? 0) - half, half * 2))
            while blocks.count > 1 {
                let (left, right) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
                let leftStart = left.sum / Double(left.members.count)
                guard leftStart + left.width > right.sum / Double(right.members.count) else { break }
                blocks.removeLast(2)
                let moved = right.members.map { ($0.place, $0.offset + left.width) }
                blocks.append(
                    (
                        left.members + moved, left.sum + right.sum - left.width * Double(right.members.count),
                        left.width + right.width
                    ))
            }
        }
        for block in blocks {
            let start = block.sum / Double(block.members.count)
            for member in block.members { places[member.place].x = start + member.offset }
        }
    }

    /// The file's text.
    var svg: String {
        let rows = (places.map(\.row).max() ?? 0) + 1
        let width = Int((places.map { $0.x + $0.width / 2 }.max() ?? 0) + Self.margin)
        let height = Int(Double(rows - 1) * Self.rowHeight + Self.boxHeight + 2 * Self.margin)
        func top(_ place: Place) -> Double { Self.margin + Double(rows - 1 - place.row) * Self.rowHeight }
        func text(_ number: Double) -> String { String(format: "%.0f", number) }
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(width) \#(height)" width="\#(width)" height="\#(height)" role="img">"#,
            "<title>The targets of Package.swift: each builds on what its lines lead down to</title>",
            "<style>\(Self.style)</style>",
        ]
        for step in steps {
            let (from, to) = (places[step.from], places[step.to])
            let start = top(from) + (from.name == nil ? Self.boxHeight / 2 : Self.boxHeight)
            let end = top(to) + (to.name == nil ? Self.boxHeight / 2 : 0)
            let bend = (start + end) / 2
            lines.append(
                #"<path d="M\#(text(from.x)) \#(text(start))C\#(text(from.x)) \#(text(bend)) \#(text(to.x)) \#(text(bend)) \#(text(to.x)) \#(text(end))"/>"#
            )
        }
        for place in places {
            guard let name = place.name else { continue }
            let kind = name.contains("-") ? #" class="command""# : ""
            lines.append(
                #"<rect\#(kind) x="\#(text(place.x - place.width / 2))" y="\#(text(top(place)))" width="\#(text(place.width))" height="28" rx="5"/>"#
            )
            lines.append(#"<text x="\#(text(place.x))" y="\#(text(top(place) + 18))">\#(name)</text>"#)
        }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    /// Mid-tones that can be read on white and on black.
    private static let style =
        "text{font:13px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;fill:#57606a}"
        + "rect{fill:#8c959f22;stroke:#8c959f}rect.command{fill:#1a9c6222;stroke:#1a9c62}path{fill:none;stroke:#8c959f}"
        + "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}"
}
