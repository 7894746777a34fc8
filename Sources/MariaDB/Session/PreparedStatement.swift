import CMariaDB

/// A statement the server has parsed, on one connection. Not thread-safe: used on its connection's thread only.
///
/// It is prepared by its first run, in the same round trip (`mariadb_stmt_execute_direct`): a database that is far away, or
/// one that we have just failed over to, is asked once and not twice for each text that is new to it.
final class PreparedStatement {
    // SAFETY: made by `mysql_stmt_init` and closed in `deinit`, and nowhere else; a session drops its statements before it
    // closes the connection.
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private let connection: UnsafeMutablePointer<MYSQL>
    private let statement: Statement
    private var hasRun = false

    /// A failure as the library numbers it.
    struct Failure: Error {
        let code: UInt32
        let reason: String
    }

    /// One part of an answer: what a query found, or what a statement without rows did. A compound statement
    /// (`BEGIN NOT ATOMIC … END`) answers with one part for each of its queries and one for itself.
    struct Part {
        /// Nil where there are no columns.
        let rows: Rows?
        let effect: Effect
    }

    init(_ statement: Statement, on connection: UnsafeMutablePointer<MYSQL>) throws(Failure) {
        guard let handle = mysql_stmt_init(connection) else {
            throw Failure(code: mysql_errno(connection), reason: "no memory for a statement")
        }
        self.handle = handle
        self.connection = connection
        self.statement = statement
    }

    deinit { mysql_stmt_close(handle) }

    /// An error that arrives between rows is noted on the connection only.
    private var failure: RunError {
        let code = mysql_stmt_errno(handle)
        guard code == 0 else { return .library(Failure(code: code, reason: String(cString: mysql_stmt_error(handle)))) }
        return .library(Failure(code: mysql_errno(connection), reason: String(cString: mysql_error(connection))))
    }

    /// Whether the server has parsed it; after a failure, whether it failed later than that.
    var isParsed: Bool { handle.pointee.state.rawValue >= MYSQL_STMT_PREPARED.rawValue }

    /// Runs it and reads the whole answer. After an error it must not be used again.
    func run(_ values: [Value]) throws(RunError) -> [Part] {
        guard values.count == statement.places else {
            throw .other(.misused(reason: "\(values.count) values for \(statement.places) places"))
        }
        let parameters = ParameterBuffers(values)
        if !hasRun {
            var count = UInt32(values.count)
            // SAFETY: the library reads the number during the call.
            _ = mysql_stmt_attr_set(handle, STMT_ATTR_PREBIND_PARAMS, &count)
        }
        if !values.isEmpty, mysql_stmt_bind_param(handle, parameters.binds) != 0 { throw failure }
        guard execute() == 0 else { throw failure }
        // The binds are copied by the library, the values they point at are not: keep them until the server has them.
        withExtendedLifetime(parameters) {}
        hasRun = true
        return try parts()
    }

    private func execute() -> CInt {
        guard !hasRun else { return mysql_stmt_execute(handle) }
        return mariadb_stmt_execute_direct(handle, statement.text, statement.text.utf8.count)
    }

    private func parts() throws(RunError) -> [Part] {
        var parts: [Part] = []
        while true {
            let rows = try rows()
            // Counts of a query mean nothing.
            let matched = rows == nil ? mysql_stmt_affected_rows(handle) : 0
            parts.append(
                Part(rows: rows, effect: Effect(matchedRows: matched, lastInsertID: mysql_stmt_insert_id(handle))))
            switch mysql_stmt_next_result(handle) {
            case 0: continue
            case -1: return parts
            case _: throw failure
            }
        }
    }

    /// Why a run failed: as the server says, or for a reason of our own.
    enum RunError: Error {
        case library(Failure)
        case other(MariaDBError)
    }

    /// The rows of the present part; nil when it has no columns.
    private func rows() throws(RunError) -> Rows? {
        guard let metadata = mysql_stmt_result_metadata(handle) else { return nil }
        var names: [String] = []
        var shapes: [ResultBuffers.Shape] = []
        let fields = mysql_fetch_fields(metadata)
        for index in 0..<Int(mysql_num_fields(metadata)) {
            // SAFETY: the library returns `mysql_num_fields` entries, valid until the metadata is freed.
            guard let field = fields?[index], let name = field.name else { continue }
            names.append(String(cString: name))
            shapes.append(ResultBuffers.Shape(field))
        }
        mysql_free_result(metadata)
        guard !shapes.isEmpty else { return nil }
        defer { mysql_stmt_free_result(handle) }
        return try fetch(names, into: ResultBuffers(shapes))
    }

    private func fetch(_ columnNames: [String], into results: ResultBuffers) throws(RunError) -> Rows {
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
