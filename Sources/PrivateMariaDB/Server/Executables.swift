import Glibc

/// Finds what Debian's mariadb-server package installs: also in /usr/sbin, which is not in every user's PATH.
enum Executables {
    private static let directories = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]

    static func find(_ name: String) throws(PrivateMariaDBError) -> String {
        for directory in directories {
            let path = directory + "/" + name
            if access(path, X_OK) == 0 { return path }
        }
        throw .notInstalled(executable: name)
    }

    /// mariadbd refuses to run as root unless it is told to.
    static var userArgument: [String] { geteuid() == 0 ? ["--user=root"] : [] }
}
