import MariaDB

/// One thing that our schema adds. Every statement is harmless when it was run before.
struct SchemaStep: Sendable {
    /// How to see that it is there, in `information_schema`.
    enum Sign: Sendable, Hashable {
        case table(String)
        case column(table: String, column: String)
        /// The column holds at least this many characters.
        case width(table: String, column: String, characters: Int64)
        /// Some index begins with the column.
        case index(table: String, column: String)

        var table: String {
            switch self {
            case .table(let table): table
            case .column(let table, _), .width(let table, _, _), .index(let table, _): table
            }
        }

        /// The short name in `SchemaReport.added`.
        var name: String {
            switch self {
            case .table(let table): table
            case .column(let table, let column): "\(table).\(column)"
            case .width(let table, let column, let characters): "\(table).\(column)(\(characters))"
            case .index(let table, let column): "index on \(table).\(column)"
            }
        }
    }

    let sign: Sign
    /// How long an ALTER waits for those who read the table. Whatever comes after a waiting one waits behind it, Kuma's own
    /// reads too, for as long as anybody – such as a dump – goes on reading.
    private enum Patience {
        /// Ours is tried again.
        static let ours: Statement = "NOWAIT"
        /// A person's is not, and agents read every second: it outlasts such a read, and ends before a balancer takes the
        /// database for away (4 s).
        static let persons: Statement = "WAIT 3"
    }

    /// By itself, for a person to run.
    let sql: Statement
    /// A table of Kuma's and what changes in it; nil where a table of ours is made.
    let change: (table: Statement, clause: Statement)?

    init(sign: Sign, sql: Statement) {
        self.sign = sign
        self.sql = sql
        change = nil
    }

    init(sign: Sign, table: Statement, change: Statement) {
        self.sign = sign
        sql = Statement(joining: table, Patience.persons, change)
        self.change = (table, change)
    }

    /// The statements that make these steps: one for each table of Kuma's, which is locked once and not for each column.
    static func statements(for steps: [SchemaStep]) -> [Statement] {
        var statements = steps.filter { $0.change == nil }.map(\.sql)
        var clauses: [(table: Statement, clauses: [Statement])] = []
        for change in steps.compactMap(\.change) {
            if let index = clauses.firstIndex(where: { $0.table == change.table }) {
                clauses[index].clauses += [",", change.clause]
            } else {
                clauses.append((change.table, [change.clause]))
            }
        }
        statements += clauses.map { Statement(joining: [$0.table, Patience.ours] + $0.clauses) }
        return statements
    }
}
