import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why a call to a node brought no answer; each case says how far it got, because a reconcile call that may have arrived
/// must not be repeated.
package enum KumaCallError: Error, Equatable, CustomStringConvertible {
    /// The connection was never made: the node has seen nothing.
    case notConnected(reason: String)
    /// The deadline came, or the task was cancelled: the node may have acted.
    case timedOut
    /// Connected, and then no whole answer.
    case broken(reason: String)
    /// Above `KumaHTTPClient.answerBytes`: the node has answered, and nobody knows with which status.
    case answerTooLarge

    package var description: String {
        switch self {
        case .notConnected(let reason), .broken(let reason): reason
        case .timedOut: "timed out"
        case .answerTooLarge: "answered more than \(KumaHTTPClient.answerBytes) bytes"
        }
    }

    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            self = KumaCallError.connecting(error)
        case let error as IOError:
            self = KumaCallError.system(error.errnoCode)
        case let error as ChannelError:
            self = KumaCallError.channel(error)
        case let error as KumaCallError:
            self = error
        case is NIOHTTPObjectAggregatorError:
            self = .answerTooLarge
        case is HTTPParserError:
            self = .broken(reason: "answered something that is not HTTP")
        case let error:
            self = .broken(reason: "\(error)")
        }
    }

    private static func connecting(_ error: NIOConnectionError) -> KumaCallError {
        guard let first = error.connectionErrors.first?.error else {
            return .notConnected(reason: "the name \(error.host) does not resolve")
        }
        switch KumaCallError(first) {
        case .notConnected(let reason), .broken(let reason): return .notConnected(reason: reason)
        case .timedOut: return .notConnected(reason: "no answer to the connect")
        case .answerTooLarge: return .answerTooLarge
        }
    }

    private static func system(_ code: CInt) -> KumaCallError {
        switch code {
        case ECONNREFUSED: .notConnected(reason: "connection refused")
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: .notConnected(reason: "host unreachable")
        case EMFILE, ENFILE: .notConnected(reason: "no file descriptor is left in this process")
        case ECONNRESET: .broken(reason: "connection reset")
        case ETIMEDOUT: .broken(reason: "connection timed out")
        case _: .broken(reason: "system error \(code)")
        }
    }

    private static func channel(_ error: ChannelError) -> KumaCallError {
        if case .connectTimeout = error { return .notConnected(reason: "no answer to the connect") }
        return .broken(reason: "\(error)")
    }
}
