import ChildProcesses
import FoundationEssentials
import Glibc

/// A Galera cluster of private servers on this machine: Debian's galera-4 beside mariadb-server.
///
/// No host ever copies another's data: all begin with the same, and what a host missed comes from a member's cache (IST).
/// The usual ways of copying need more packages, and rsync's does not work for root, because its daemon becomes nobody.
package final class PrivateGalera: Sendable {
    /// Debian's galera-4.
    private static let provider = "/usr/lib/galera/libgalera_smm.so"
    /// A host that says nothing is given up after these, instead of 5 and 15 s; the others in proportion.
    private static let patience = [
        "evs.keepalive_period=PT0.3S", "evs.inactive_check_period=PT0.3S", "evs.suspect_timeout=PT1.5S",
        "evs.inactive_timeout=PT3S", "evs.install_timeout=PT3S",
    ]

    /// In the order of their start.
    package let hosts: [PrivateMariaDB]
    private let script: TransferScript

    private init(hosts: [PrivateMariaDB], script: TransferScript) {
        self.hosts = hosts
        self.script = script
    }

    /// Takes about 6 s for three hosts.
    /// - Parameter prepare: what all hosts are to begin with: databases and users.
    package static func start(
        _ count: Int = 3, prepare: (PrivateMariaDB) async throws(PrivateMariaDBError) -> Void
    ) async throws(PrivateMariaDBError) -> PrivateGalera {
        guard access(provider, R_OK) == 0 else {
            throw .cannotPrepare(reason: "\(provider) is not there. Install it with: apt-get install galera-4")
        }
        let script = try TransferScript()
        var hosts: [PrivateMariaDB] = []
        do throws(PrivateMariaDBError) {
            let members = try (0...count).map { _ throws(PrivateMariaDBError) -> Member in try Member() }
            // A cluster of its own, for no longer than it takes to make the data that the others begin with.
            let original = try await PrivateMariaDB.start(
                settings(members[count], of: [members[count]], script, original: nil))
            hosts.append(original)
            try await prepare(original)
            await original.halt()
            for member in members.dropLast() {
                hosts.append(
                    try await PrivateMariaDB.start(settings(member, of: members.dropLast(), script, original: original))
                )
            }
            hosts.removeFirst()
            await original.stop()
        } catch {
            for host in hosts { await host.stop() }
            script.remove()
            throw error
        }
        return PrivateGalera(hosts: hosts, script: script)
    }

    /// The ports of one host among the others.
    private struct Member {
        let group: UInt16
        let transfer: UInt16
        let script: UInt16

        init() throws(PrivateMariaDBError) {
            do throws(NoFreePort) {
                let ports = try ReservedPorts.take(3)
                (group, transfer, script) = (ports[0], ports[1], ports[2])
            } catch { throw .cannotPrepare(reason: "\(error)") }
        }
    }

    private static func settings(
        _ member: Member, of members: some Collection<Member>, _ script: TransferScript, original: PrivateMariaDB?
    ) -> PrivateMariaDB.Settings {
        let isFirst = members.first?.group == member.group
        let addresses = members.map { "127.0.0.1:\($0.group)" }.joined(separator: ",")
        let options =
            ["gmcast.listen_addr=tcp://127.0.0.1:\(member.group)", "ist.recv_addr=127.0.0.1:\(member.transfer)"]
            + ["gcache.size=16M"] + patience
        var settings = PrivateMariaDB.Settings()
        settings.executables = script.directory
        settings.original = original
        settings.firstArguments = isFirst ? ["--wsrep-new-cluster"] : []
        settings.extraArguments = [
            "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON", "--wsrep-provider=\(provider)",
            "--wsrep-cluster-name=private", "--wsrep-cluster-address=gcomm://\(addresses)",
            "--wsrep-node-address=127.0.0.1:\(member.group)", "--wsrep-sst-method=\(TransferScript.method)",
            "--wsrep-sst-receive-address=127.0.0.1:\(member.script)",
            "--wsrep-provider-options=\(options.joined(separator: ";"))",
        ]
        return settings
    }

    /// Cuts a host off from the others: it goes on, alone, and has no majority.
    package func isolate(_ index: Int) async throws(PrivateMariaDBError) {
        try await hosts[index].run("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")
    }

    /// Ends `isolate`.
    package func join(_ index: Int) async throws(PrivateMariaDBError) {
        try await hosts[index].run("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'")
    }

    /// What an administrator does on the one host that is left: from now on it is the cluster.
    package func declareMajority(_ index: Int) async throws(PrivateMariaDBError) {
        try await hosts[index].run("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")
    }

    /// Starts a host again that was killed; returns when it has what it missed. Needs a majority.
    package func restart(_ index: Int) async throws(PrivateMariaDBError) {
        let mark = "WSREP: Recovered position: "
        let log = try await hosts[index].runOnce(["--wsrep-recover"])
        guard let line = log.split(separator: "\n").last(where: { $0.contains(mark) }),
            let found = line.firstRange(of: mark)
        else { throw .didNotStart(reason: "its position is not known", log: log) }
        let position = line[found.upperBound...].prefix { $0 != "," && $0 != " " }
        try await hosts[index].restart(["--wsrep-start-position=\(position)"])
    }

    /// Ends all hosts and removes their data.
    package func stop() async {
        for host in hosts.reversed() { await host.kill() }
        for host in hosts { await host.stop() }
        script.remove()
    }
}

/// What mariadbd calls to copy the data of a donor to a joiner (`wsrep_sst_…`): this one copies nothing and only says that
/// all is there up to the donor's position, from which the joiner's cache goes on.
private struct TransferScript {
    static let method = "nothing"

    /// Removed with what the servers leave behind, also at exit(3).
    private let folder: ServerDirectory

    var directory: String { folder.path }

    init() throws(PrivateMariaDBError) {
        folder = try ServerDirectory(under: "/tmp")
        let text = """
            #!/bin/sh
            bypass=
            while [ $# -gt 0 ]; do
                case "$1" in
                --role) role=$2; shift ;;
                --address) address=$2; shift ;;
                --gtid) position=$2; shift ;;
                --parent) parent=$2; shift ;;
                --bypass) bypass=1 ;;
                --mysqld-args) break ;;
                esac
                shift
            done
            port=${address%%/*}
            file=\(folder.path)/position-${port##*:}
            case $role in
            donor)
                # 22 is EINVAL: a copy of everything was asked for.
                [ -n "$bypass" ] || exit 22
                echo continue
                echo "$position" >"$file.new" && mv "$file.new" "$file"
                echo "done $position" ;;
            joiner)
                rm -f "$file"
                echo "ready $address/\(TransferScript.method)"
                until [ -e "$file" ]; do
                    kill -0 "$parent" || exit 32
                    sleep 0.05
                done
                cat "$file" ;;
            esac
            """
        let path = "\(folder.path)/wsrep_sst_\(TransferScript.method)"
        do { try Data((text + "\n").utf8).write(to: URL(filePath: path)) } catch {
            throw .cannotPrepare(reason: "\(path): \(error)")
        }
        chmod(path, 0o700)
    }

    func remove() { folder.remove() }
}
