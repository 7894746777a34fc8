import Glibc
import Settings

/// What ps(1) and `/proc/PID/cmdline` show of this process to everybody on the machine.
///
/// The values of secret flags are overwritten where the kernel reads them (proc(5): `cmdline` is the process's own memory),
/// as mariadb(1) does with its password. That leaves the milliseconds between the start and the reading of the settings, and
/// the shell's history: a file is still the better place for a secret.
package enum ShownCommandLine {
    /// Whether secrets that were given as flags can still be read by others.
    package enum Outcome: Sendable, Equatable {
        /// None was given as a flag, or each is covered.
        case covered
        /// The kernel does not say where the command line is: no `/proc`.
        case visible
    }

    /// - Parameter flags: those whose values are secrets, such as `--db-password`.
    package static func cover(_ flags: Set<String>) -> Outcome {
        guard let place = place() else { return .visible }
        // SAFETY: the kernel put the arguments there, into this process's own writable memory, where they stay for its life
        // (proc(5), arg_start and arg_end). Nobody else writes there, and only bytes within them are changed.
        guard let start = UnsafeMutableRawPointer(bitPattern: place.start) else { return .visible }
        let line = UnsafeMutableRawBufferPointer(start: start, count: place.count)
        for secret in secrets(in: line, after: flags) {
            for index in secret { line[index] = UInt8(ascii: "*") }
        }
        return .covered
    }

    /// Where values of the flags stand in a command line whose arguments each end with a zero byte.
    static func secrets(in line: some Collection<UInt8>, after flags: Set<String>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var (offset, isValue) = (0, false)
        for argument in line.split(separator: 0, omittingEmptySubsequences: false) {
            defer { offset += argument.count + 1 }
            if isValue {
                found.append(offset..<offset + argument.count)
                isValue = false
                continue
            }
            let name = argument.prefix { $0 != UInt8(ascii: "=") }
            guard flags.contains(String(decoding: name, as: UTF8.self)) else { continue }
            if name.count == argument.count {
                isValue = true
            } else {
                found.append(offset + name.count + 1..<offset + argument.count)
            }
        }
        return found
    }

    /// From the fields 48 and 49 of `/proc/self/stat`.
    private static func place() -> (start: UInt, count: Int)? {
        guard let text = try? TextFile.read("/proc/self/stat", limitBytes: 4_096),
            // The second field is the program's name in brackets, with whatever is in it.
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 46, let start = UInt(fields[45]), let end = UInt(fields[46]), start > 0, end > start,
            end - start <= ShownCommandLine.most
        else { return nil }
        return (start, Int(end - start))
    }

    /// No command line is longer: the kernel's own limit is a quarter of the stack, at most 6 MiB (execve(2)).
    private static let most: UInt = 6 << 20
}
