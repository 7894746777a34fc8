package import ClusterCore

/// A monitor as a node reads it: what to check, and how often.
package struct MonitorTask: Sendable, Equatable {
    package let id: MonitorID
    package let url: String
    package let interval: Duration

    package init(id: MonitorID, url: String, interval: Duration) {
        self.id = id
        self.url = url
        self.interval = interval
    }
}

/// One check's outcome, as the `heartbeat` table keeps it.
package struct Beat: Sendable, Equatable {
    package enum Status: Int, Sendable {
        case down = 0
        case up = 1
    }

    package let monitor: MonitorID
    package let status: Status
    package let message: String
    package let ping: Duration

    package init(monitor: MonitorID, status: Status, message: String, ping: Duration) {
        self.monitor = monitor
        self.status = status
        self.message = message
        self.ping = ping
    }
}
