/// When Kuma reads its assignments by itself, and how long a reading takes (<doc:FactsAboutKuma>): at second 00 of every
/// minute of its machine's clock, every node at once. An agent may ask for one in between, and the two must never meet. A
/// planned move is written just before, so that its old node stops in the same reading in which its new one starts.
package struct KumaReadings: Sendable, Equatable {
    /// <doc:FactsAboutKuma>: 100 to 300 ms of sleep for every monitor that starts.
    package static let perStart: Duration = .milliseconds(300)
    /// For every monitor that stops the fork sleeps 50 to 150 ms, after the last start.
    package static let perStop: Duration = .milliseconds(150)
    /// For the call itself and the list it reads.
    package static let base: Duration = .seconds(1)

    /// From one of Kuma's own readings to the next.
    package let period: Duration

    package init(every period: Duration = .seconds(60)) { self.period = period }

    /// The longest that a reading takes.
    package static func span(starts: Int, stops: Int = 0) -> Duration {
        base + perStart * starts + perStop * stops
    }

    /// Up to there and from there on no agent calls: second 05 and second 50 of a minute.
    package var quietUntil: Duration { period * 5 / 60 }
    /// What an agent sees later than this it leaves to Kuma's own next reading.
    package var quietFrom: Duration { period * 50 / 60 }
    /// Kuma's timer and its query may be this late.
    package var slack: Duration { period * 2 / 60 }

    /// How far into the current period a moment of the wall clock is.
    /// - Parameter wallTime: since 1970.
    package func phase(of wallTime: Duration) -> Duration { wallTime - period * index(of: wallTime) }

    /// Which period a moment of the wall clock lies in.
    package func index(of wallTime: Duration) -> Int { Int((wallTime / period).rounded(.down)) }

    /// Whether an agent that saw such a change now would leave it to Kuma's own next reading.
    package func leaves(starts: Int, stops: Int = 0, at phase: Duration) -> Bool {
        phase >= quietFrom || max(phase, quietUntil) + KumaReadings.span(starts: starts, stops: stops) >= quietFrom
    }
}
