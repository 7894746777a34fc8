import Glibc

/// The sockets that systemd opened for this process before it began (socket activation, sd_listen_fds(3)): descriptors from 3
/// on, as many as `LISTEN_FDS` says.
package struct ActivationSockets: Sendable, Equatable {
    /// One socket of the unit.
    package struct Socket: Sendable, Equatable {
        /// Close-on-exec once it was taken; whoever serves it closes it.
        package let descriptor: Int32
        /// From `LISTEN_FDNAMES` (`FileDescriptorName=` of the socket unit); empty when nothing names it.
        package let name: String
    }

    /// In systemd's order; empty where it passed none or more than `most`, or passed them to another process.
    package let sockets: [Socket]

    /// The first one: behind standard input, output and error (SD_LISTEN_FDS_START).
    static let firstDescriptor: Int32 = 3
    /// Above: `LISTEN_FDS` is no number of sockets that anybody passes.
    static let most: Int32 = 64

    /// - Parameters:
    ///   - environment: the process's own.
    ///   - processID: the process's own; the variables name whom they are for, since children inherit them.
    package init(environment: [String: String], processID: Int32) {
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == processID,
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...ActivationSockets.most).contains(count)
        else {
            sockets = []
            return
        }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        sockets = (0..<Int(count)).map { index in
            Socket(
                descriptor: ActivationSockets.firstDescriptor + Int32(index),
                name: index < names.count ? String(names[index]) : "")
        }
    }

    /// Takes what this process was given: once, before other threads run. Children shall neither inherit the descriptors nor
    /// believe that the variables are for them.
    package static func take(environment: [String: String]) -> ActivationSockets {
        let taken = ActivationSockets(environment: environment, processID: getpid())
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        for socket in taken.sockets { _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) }
        return taken
    }
}
