/// The answer to a query: rows of typed values. Columns are looked up by name once, before the loop over the rows.
package struct Rows: Sendable {
    /// One column of this answer; found with `column(_:)`.
    package struct Column: Sendable {
        let index: Int
        let name: String
    }

    /// In the order of the statement's select list; empty where it has none.
    package let columnNames: [String]
    private let values: [Value]
    /// At most `ConnectionLimits.rows`.
    package let count: Int

    init(columnNames: [String], values: [Value], count: Int) {
        self.columnNames = columnNames
        self.values = values
        self.count = count
    }

    /// - Throws: `.misused` when the statement selects no such column.
    package func column(_ name: String) throws(MariaDBError) -> Column {
        guard let index = columnNames.firstIndex(of: name) else {
            throw .misused(reason: "no column \(name) among \(columnNames.joined(separator: ", "))")
        }
        return Column(index: index, name: name)
    }
}

extension Rows: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    /// - Precondition: `0 <= position < count`.
    package subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count, "row \(position) of \(count)")
        let start = position * columnNames.count
        return Row(values: values[start..<start + columnNames.count])
    }
}

/// One row of an answer.
package struct Row: Sendable {
    let values: ArraySlice<Value>

    /// As the server sent it, NULL included; the other functions say which kind they expect.
    /// - Precondition: the column was found in the answer that the row is of.
    package func value(_ column: Rows.Column) -> Value { values[values.startIndex + column.index] }

    /// - Throws: `.misused` when the value is NULL or no integer that fits.
    package func int(_ column: Rows.Column) throws(MariaDBError) -> Int64 {
        guard let number = try optionalInt(column) else { throw mismatch(column, expected: "an integer") }
        return number
    }

    /// - Throws: `.misused` when the value is no integer that fits.
    package func optionalInt(_ column: Rows.Column) throws(MariaDBError) -> Int64? {
        switch value(column) {
        case .null: return nil
        case .int(let number): return number
        case .uint(let number):
            guard let fitting = Int64(exactly: number) else { throw mismatch(column, expected: "a 64-bit integer") }
            return fitting
        case .double, .text, .bytes: throw mismatch(column, expected: "an integer")
        }
    }

    /// - Throws: `.misused` when the value is NULL, negative or no integer.
    package func uint(_ column: Rows.Column) throws(MariaDBError) -> UInt64 {
        switch value(column) {
        case .uint(let number): return number
        case .int(let number) where number >= 0: return UInt64(number)
        case .int, .null, .double, .text, .bytes: throw mismatch(column, expected: "an unsigned integer")
        }
    }

    /// - Throws: `.misused` when the value is NULL or no floating-point number.
    package func double(_ column: Rows.Column) throws(MariaDBError) -> Double {
        switch value(column) {
        case .double(let number): return number
        case .null, .int, .uint, .text, .bytes: throw mismatch(column, expected: "a floating-point number")
        }
    }

    /// - Throws: `.misused` when the value is NULL or no text.
    package func text(_ column: Rows.Column) throws(MariaDBError) -> String {
        guard let text = try optionalText(column) else { throw mismatch(column, expected: "text") }
        return text
    }

    /// - Throws: `.misused` when the value is no text.
    package func optionalText(_ column: Rows.Column) throws(MariaDBError) -> String? {
        switch value(column) {
        case .null: return nil
        case .text(let text): return text
        case .int, .uint, .double, .bytes: throw mismatch(column, expected: "text")
        }
    }

    /// - Throws: `.misused` when the value is NULL, a number, or text.
    package func bytes(_ column: Rows.Column) throws(MariaDBError) -> [UInt8] {
        switch value(column) {
        case .bytes(let bytes): return bytes
        case .null, .int, .uint, .double, .text: throw mismatch(column, expected: "bytes")
        }
    }

    private func mismatch(_ column: Rows.Column, expected: String) -> MariaDBError {
        .misused(reason: "column \(column.name) holds \(value(column).kind), expected \(expected)")
    }
}

/// What a statement without rows did.
package struct Effect: Sendable, Equatable {
    /// Rows *matched*, whether or not a value changed (`CLIENT_FOUND_ROWS`): a condition that held counts, even when the
    /// clock's milliseconds had not moved. For `INSERT … ON DUPLICATE KEY UPDATE`: 1 inserted, 2 updated, 1 matched and
    /// already so.
    package let matchedRows: UInt64
    /// The first `AUTO_INCREMENT` value given out; 0 when there was none.
    package let lastInsertID: UInt64
}
