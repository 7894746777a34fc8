import CMariaDB

/// The bound values of one execution, in memory that stays in place until the server has them.
final class ParameterBuffers {
    // SAFETY: both blocks belong to this object from `init` to `deinit`; every bind points into `arena`, within its bounds.
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let arena: UnsafeMutableRawPointer
    private let count: Int

    init(_ values: [Value]) {
        count = values.count
        binds = .allocate(capacity: max(count, 1))
        binds.initialize(repeating: MYSQL_BIND(), count: count)
        let bytes = values.reduce(0) { $0 + ParameterBuffers.room(for: $1) }
        arena = .allocate(byteCount: max(bytes, 8), alignment: 8)
        var offset = 0
        for (index, value) in values.enumerated() {
            fill(&binds[index], with: value, at: arena + offset)
            offset += ParameterBuffers.room(for: value)
        }
    }

    deinit {
        binds.deinitialize(count: count)
        binds.deallocate()
        arena.deallocate()
    }

    /// Rounded up to 8, so that every number is aligned.
    private static func room(for value: Value) -> Int {
        let bytes =
            switch value {
            case .null: 0
            case .int, .uint, .double: 8
            case .text(let text): text.utf8.count
            case .bytes(let bytes): bytes.count
            }
        return (bytes + 7) & ~7
    }

    private func fill(_ bind: inout MYSQL_BIND, with value: Value, at place: UnsafeMutableRawPointer) {
        switch value {
        case .null:
            bind.buffer_type = MYSQL_TYPE_NULL
        case .int(let number):
            place.storeBytes(of: number, as: Int64.self)
            setNumber(&bind, MYSQL_TYPE_LONGLONG, at: place)
        case .uint(let number):
            place.storeBytes(of: number, as: UInt64.self)
            setNumber(&bind, MYSQL_TYPE_LONGLONG, at: place)
            bind.is_unsigned = 1
        case .double(let number):
            place.storeBytes(of: number, as: Double.self)
            setNumber(&bind, MYSQL_TYPE_DOUBLE, at: place)
        case .text(let text):
            copy(text.utf8, to: place)
            setBytes(&bind, MYSQL_TYPE_STRING, at: place, count: text.utf8.count)
        case .bytes(let bytes):
            copy(bytes, to: place)
            setBytes(&bind, MYSQL_TYPE_BLOB, at: place, count: bytes.count)
        }
    }

    private func copy(_ bytes: some Collection<UInt8>, to place: UnsafeMutableRawPointer) {
        // SAFETY: `room(for:)` reserved at least `bytes.count` bytes at `place`.
        UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyBytes(from: bytes)
    }

    private func setNumber(_ bind: inout MYSQL_BIND, _ type: enum_field_types, at place: UnsafeMutableRawPointer) {
        bind.buffer_type = type
        bind.buffer = place
        bind.buffer_length = 8
    }

    /// Without a `length` pointer the library takes `buffer_length` for the length of the value.
    private func setBytes(
        _ bind: inout MYSQL_BIND, _ type: enum_field_types, at place: UnsafeMutableRawPointer, count: Int
    ) {
        bind.buffer_type = type
        bind.buffer = place
        bind.buffer_length = UInt(count)
    }
}
