package import ClusterCore

/// A monitor as a node reads it: what to check, and how often.
package struct MonitorTask: Sendable, Equatable {
    package let id: MonitorID
    /// As in the table; empty where the column is NULL.
    package let url: String
    /// At least a second where `NodeDatabase` has read it.
    package let interval: Duration

    package init(id: MonitorID, url: String, interval: Duration) {
        self.id = id
        self.url = url
        self.interval = interval
    }
}

/// One check's outcome, as the `heartbeat` table keeps it.
package struct Beat: Sendable, Equatable {
    /// The values of the column that a check of this kind can have.
    package enum Status: Int, Sendable {
        case down = 0
        case up = 1
    }

    package let monitor: MonitorID
    package let status: Status
    /// The status of the answer, or why there was none; the table keeps 500 characters of it.
    package let message: String
    /// From the request to its answer or failure; zero where nothing was asked.
    package let ping: Duration

    package init(monitor: MonitorID, status: Status, message: String, ping: Duration) {
        self.monitor = monitor
        self.status = status
        self.message = message
        self.ping = ping
    }
}
