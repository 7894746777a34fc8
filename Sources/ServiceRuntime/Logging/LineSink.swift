/// Takes whole lines that are ready, some at a time.
package protocol LineSink: Sendable {
    /// - Parameter lines: at most `LogPipe.pieceBytes`, the last one's end included.
    func offer(_ lines: UnsafeRawBufferPointer) -> LineOutcome
}

/// What became of offered lines.
package enum LineOutcome: Sendable {
    case taken
    /// Nobody reads just now: offer them again.
    case notNow
    case lost
}
