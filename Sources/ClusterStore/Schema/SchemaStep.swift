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
    let sql: Statement
}
