import FoundationEssentials
import MariaDB
import PrivateMariaDB

/// A server that writes down the plan by which it *ran* each statement: EXPLAIN's own rows, in its slow log, with every
/// statement counted as slow. So what is looked at are our statements as prepared and bound, transactions included, and not
/// copies of their texts.
final class StatementPlans {
    /// One statement that ran.
    struct Entry {
        /// On one line, with the values that were bound.
        let text: String
        var steps: [Step]

        /// An INSERT's first row is the table that it writes.
        var reads: [Step] { Array(text.hasPrefix("INSERT") ? steps.dropFirst() : steps[...]) }
    }

    /// One row of EXPLAIN (mariadb.com/kb/en/explain).
    struct Step {
        let table: String
        /// How the table's rows are found: `const`, `eq_ref`, `ref`, `range` through an index; `index` reads a whole index,
        /// `ALL` the whole table.
        let access: String
        let key: String
        let extra: String

        /// No bound JSON and no sub-select's answer: only tables that are stored have indexes.
        var isStoredTable: Bool { !table.hasPrefix("<") && table != "NULL" && !extra.contains("Table function") }
        var readsEverything: Bool { ["ALL", "index"].contains(access) }
    }

    let server: PrivateMariaDB
    private let path: String

    private init(server: PrivateMariaDB, path: String) {
        self.server = server
        self.path = path
    }

    static func start() async throws -> StatementPlans {
        let path = "/tmp/kuma-plans-\(UInt64.random(in: .min ... .max)).log"
        var settings = PrivateMariaDB.Settings()
        settings.extraArguments = [
            "--slow-query-log", "--slow-query-log-file=\(path)", "--log-output=FILE", "--long-query-time=0",
            "--log-slow-verbosity=query_plan,explain", "--log-slow-disabled-statements=",
        ]
        return StatementPlans(server: try await PrivateMariaDB.start(settings), path: path)
    }

    func stop() async {
        await server.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Every statement that ran so far. The slow log has no plan of what ran inside a compound statement; for those the server
    /// is asked now, with the text that ran and the values that were bound.
    func entries(askedOf connection: Connection) async throws -> [Entry] {
        var entries = try entries()
        for index in entries.indices where entries[index].isUnexplained {
            // A statement that the server cannot explain, such as one on a table that is gone, shows as never explained.
            let plan = try? await connection.query(
                "BEGIN NOT ATOMIC EXECUTE IMMEDIATE CONCAT('EXPLAIN ', ?); END", [.text(entries[index].text)])
            guard let plan else { continue }
            entries[index].steps = try plan.map { try Step($0, of: plan) }
        }
        return entries
    }

    /// Every statement that ran so far.
    func entries() throws -> [Entry] {
        let log = try String(contentsOfFile: path, encoding: .utf8)
        var entries: [Entry] = []
        var (steps, text): ([Step], [Substring]) = ([], [])
        func end() {
            let words = text.joined(separator: " ").split(whereSeparator: \.isWhitespace)
            if !words.isEmpty { entries.append(Entry(text: words.joined(separator: " "), steps: steps)) }
            (steps, text) = ([], [])
        }
        for line in log.split(separator: "\n") {
            if line.hasPrefix("# User@Host:") {
                end()
            } else if line.hasPrefix("# explain: ") {
                if let step = Step(line.dropFirst("# explain: ".count)) { steps.append(step) }
            } else if !line.hasPrefix("#"), !line.hasPrefix("SET timestamp="), !line.hasPrefix("use ") {
                text.append(line)
            }
        }
        end()
        return entries
    }
}

extension StatementPlans.Entry {
    /// Whether it reads tables and no plan of it is known.
    var isUnexplained: Bool {
        steps.isEmpty && ["SELECT ", "UPDATE ", "DELETE ", "INSERT "].contains { text.hasPrefix($0) }
            && text.contains(" FROM ") || steps.isEmpty && text.hasPrefix("UPDATE ")
    }
}

extension StatementPlans.Step {
    init(_ row: Row, of rows: Rows) throws {
        let word = { (name: String) in try row.optionalText(try rows.column(name)) ?? "NULL" }
        (table, access, key, extra) = (try word("table"), try word("type"), try word("key"), try word("Extra"))
    }

    /// Nil for the line of headings. id, select_type, table, type, possible_keys, key, key_len, ref, rows, r_rows, filtered,
    /// r_filtered, Extra, with tabs between.
    init?(_ line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count >= 13, fields[0] != "id" else { return nil }
        (table, access, key, extra) = (fields[2], fields[3], fields[5], fields[12])
    }
}
