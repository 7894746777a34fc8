import CMariaDB

/// A statement the server has parsed, on one connection. Not thread-safe: used on its connection's thread only.
final class PreparedStatement {
    // SAFETY: made by `mysql_stmt_init` and closed in `deinit`, and nowhere else; a session drops its statements before it
    // closes the connection.
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private let connection: UnsafeMutablePointer<MYSQL>
    private let parameterCount: Int
    private let columnNames: [String]
    private let results: ResultBuffers?

    /// A failure as the library numbers it.
    struct Failure: Error {
        let code: UInt32
        let reason: String
    }

    init(_ statement: Statement, on connection: UnsafeMutablePointer<MYSQL>) throws(Failure) {
        guard let handle = mysql_stmt_init(connection) else {
            throw Failure(code: mysql_errno(connection), reason: "no memory for a statement")
        }
        guard mysql_stmt_prepare(handle, statement.text, UInt(statement.text.utf8.count)) == 0 else {
            let failure = PreparedStatement.failure(of: handle, on: connection)
            mysql_stmt_close(handle)
            throw failure
        }
        self.handle = handle
        self.connection = connection
        parameterCount = Int(mysql_stmt_param_count(handle))
        var names: [String] = []
        var shapes: [ResultBuffers.Shape] = []
        if let metadata = mysql_stmt_result_metadata(handle) {
            let fields = mysql_fetch_fields(metadata)
            for index in 0..<Int(mysql_num_fields(metadata)) {
                // SAFETY: the library returns `mysql_num_fields` entries, valid until the metadata is freed.
                guard let field = fields?[index], let name = field.name else { continue }
                names.append(String(cString: name))
                shapes.append(ResultBuffers.Shape(field))
            }
            mysql_free_result(metadata)
        }
        columnNames = names
        results = shapes.isEmpty ? nil : ResultBuffers(shapes)
    }

    deinit { mysql_stmt_close(handle) }

    /// An error that arrives between rows is noted on the connection only.
    private static func failure(
        of handle: UnsafeMutablePointer<MYSQL_STMT>, on connection: UnsafeMutablePointer<MYSQL>
    ) -> Failure {
        let code = mysql_stmt_errno(handle)
        guard code == 0 else { return Failure(code: code, reason: String(cString: mysql_stmt_error(handle))) }
        return Failure(code: mysql_errno(connection), reason: String(cString: mysql_error(connection)))
    }

    /// Runs it and reads the whole answer.
    func run(_ values: [Value]) throws(RunError) -> (rows: Rows, effect: Effect) {
        guard values.count == parameterCount else {
            throw .other(.misused(reason: "\(values.count) values for \(parameterCount) places"))
        }
        let parameters = ParameterBuffers(values)
        if parameterCount > 0, mysql_stmt_bind_param(handle, parameters.binds) != 0 { throw failure }
        guard mysql_stmt_execute(handle) == 0 else { throw failure }
        // The binds are copied by the library, the values they point at are not: keep them until the server has them.
        withExtendedLifetime(parameters) {}
        let effect = Effect(
            matchedRows: mysql_stmt_affected_rows(handle), lastInsertID: mysql_stmt_insert_id(handle))
        guard let results else { return (Rows(columnNames: [], values: [], count: 0), effect) }
        defer { mysql_stmt_free_result(handle) }
        return (try fetch(into: results), effect)
    }

    /// Why a run failed: as the server says, or for a reason of our own.
    enum RunError: Error {
        case library(Failure)
        case other(MariaDBError)
    }

    private var failure: RunError { .library(PreparedStatement.failure(of: handle, on: connection)) }

    private func fetch(into results: ResultBuffers) throws(RunError) -> Rows {
        guard mysql_stmt_bind_result(handle, results.binds) == 0 else { throw failure }
        var values: [Value] = []
        var count = 0
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0, MYSQL_DATA_TRUNCATED: break
            case MYSQL_NO_DATA: return Rows(columnNames: columnNames, values: values, count: count)
            case _: throw failure
            }
            guard count < ConnectionLimits.rows else {
                throw .other(.refused(code: 0, reason: "more than \(ConnectionLimits.rows) rows"))
            }
            count += 1
            for index in columnNames.indices {
                do { values.append(try results.value(index, of: handle)) } catch { throw .other(error) }
            }
        }
    }
}
