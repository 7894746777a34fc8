import CMariaDB

/// Where the library puts one row of an answer: eight bytes for a number, `shortBytes` for anything else. A longer value
/// is fetched again, on its own, into memory of its size.
final class ResultBuffers {
    /// How a column's values arrive.
    enum Shape: Equatable {
        case int, uint, double, text, bytes

        init(_ field: MYSQL_FIELD) {
            let isUnsigned = field.flags & UInt32(UNSIGNED_FLAG) != 0
            switch field.type {
            case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_LONG, MYSQL_TYPE_INT24, MYSQL_TYPE_LONGLONG,
                MYSQL_TYPE_YEAR:
                self = isUnsigned ? .uint : .int
            case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE:
                self = .double
            case MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_BLOB,
                MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_STRING, MYSQL_TYPE_VARCHAR, MYSQL_TYPE_BIT, MYSQL_TYPE_GEOMETRY:
                // 63 is the character set `binary`.
                self = field.charsetnr == 63 ? .bytes : .text
            case _:
                // Dates, times and decimals: the library writes them out.
                self = .text
            }
        }
    }

    /// Holds every id, status and time stamp.
    static let shortBytes = 256

    // SAFETY: all blocks belong to this object from `init` to `deinit`; every bind points into them, within its bounds.
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>
    private let errors: UnsafeMutablePointer<my_bool>
    private let arena: UnsafeMutableRawPointer
    private let shapes: [Shape]

    init(_ shapes: [Shape]) {
        self.shapes = shapes
        let count = shapes.count
        binds = .allocate(capacity: count)
        lengths = .allocate(capacity: count)
        nulls = .allocate(capacity: count)
        errors = .allocate(capacity: count)
        binds.initialize(repeating: MYSQL_BIND(), count: count)
        lengths.initialize(repeating: 0, count: count)
        nulls.initialize(repeating: 0, count: count)
        errors.initialize(repeating: 0, count: count)
        arena = .allocate(byteCount: count * ResultBuffers.shortBytes, alignment: 8)
        for (index, shape) in shapes.enumerated() {
            binds[index] = bind(shape, index)
        }
    }

    deinit {
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
        errors.deallocate()
        arena.deallocate()
    }

    private func place(_ index: Int) -> UnsafeMutableRawPointer { arena + index * ResultBuffers.shortBytes }

    private func bind(_ shape: Shape, _ index: Int) -> MYSQL_BIND {
        var bind = MYSQL_BIND()
        bind.buffer = place(index)
        bind.length = lengths + index
        bind.is_null = nulls + index
        bind.error = errors + index
        switch shape {
        case .int, .uint:
            bind.buffer_type = MYSQL_TYPE_LONGLONG
            bind.buffer_length = 8
            bind.is_unsigned = shape == .uint ? 1 : 0
        case .double:
            bind.buffer_type = MYSQL_TYPE_DOUBLE
            bind.buffer_length = 8
        case .text, .bytes:
            bind.buffer_type = shape == .text ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB
            bind.buffer_length = UInt(ResultBuffers.shortBytes)
        }
        return bind
    }

    /// The value of a column in the row just fetched.
    /// - Throws: `.refused` when it is longer than `ConnectionLimits.valueBytes`.
    func value(_ index: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>) throws(MariaDBError) -> Value {
        guard nulls[index] == 0 else { return .null }
        switch shapes[index] {
        case .int: return .int(place(index).load(as: Int64.self))
        case .uint: return .uint(place(index).load(as: UInt64.self))
        case .double: return .double(place(index).load(as: Double.self))
        case .text:
            let count = Int(lengths[index])
            guard count <= ResultBuffers.shortBytes else {
                return .text(String(decoding: try content(index, of: statement), as: UTF8.self))
            }
            // SAFETY: as in `content`.
            return .text(String(decoding: UnsafeRawBufferPointer(start: place(index), count: count), as: UTF8.self))
        case .bytes: return .bytes(try content(index, of: statement))
        }
    }

    private func content(
        _ index: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>
    ) throws(MariaDBError) -> [UInt8] {
        let count = Int(lengths[index])
        guard count <= ConnectionLimits.valueBytes else {
            throw .refused(code: 0, reason: "a value of \(count) bytes is above \(ConnectionLimits.valueBytes)")
        }
        guard count > ResultBuffers.shortBytes else {
            // SAFETY: the library wrote `count` bytes there, and `count` is within the column's part of the arena.
            return [UInt8](UnsafeRawBufferPointer(start: place(index), count: count))
        }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var bind = MYSQL_BIND()
            bind.buffer_type = MYSQL_TYPE_BLOB
            // SAFETY: the library writes at most `buffer_length` bytes, the array's capacity, during the call below.
            bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
            bind.buffer_length = UInt(count)
            initialized = mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0) == 0 ? count : 0
        }
    }
}
