/// One address at which to try a host.
struct ConnectPlace: CustomStringConvertible {
    let host: Host
    /// For the library: numeric, or the host's name where a certificate is compared with what it is given.
    let address: String

    /// For people: `db1:3306`, with the address where that says more.
    var description: String { address == host.name ? "\(host)" : "\(host) (\(address))" }
}
