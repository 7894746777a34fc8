import CMariaDB

/// libmariadb's own set-up: once for the process, once for each thread that calls it.
enum DatabaseLibrary {
    private static let start: Void = {
        _ = mysql_server_init(0, nil, nil)
    }()

    static func threadBegins() {
        start
        _ = mysql_thread_init()
    }

    static func threadEnds() { mysql_thread_end() }
}
