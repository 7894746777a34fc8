import AgentSettings
import BalancerSettings
import Foundation
import PackageFiles
import Testing

@testable import Settings

/// What people copy must work: every variable that a deployment file or a page for people names is one that a program reads, and
/// the examples themselves are valid settings.
@Suite("Settings in the deployment files")
struct DeploymentSettingsTests {
    private static let ours = Set(AgentSettings.catalogue.names + BalancerSettings.catalogue.names)

    /// What others read: Kuma, the database's image, systemd, the build, and Compose itself.
    private static let others: Set<String> = [
        "UPTIME_KUMA_DB_TYPE", "UPTIME_KUMA_IS_CONTAINER", "API_RATE_LIMIT", "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD",
        "MARIADB_DATABASE", "MARIADB_USER", "MARIADB_PASSWORD_FILE", "MARIADB_RANDOM_ROOT_PASSWORD", "KUMA_COMMIT",
        "KUMA_IMAGE", "KUMA_SOURCE", "KUMA_REF", "KUMA_FIXED_NODE", "NET_RAW", "LIBDISPATCH_LOG", "PP2_TYPE_SSL",
    ]

    private static let files = [
        "compose/cluster.yaml", "compose/.env.example", "compose/agent.Dockerfile", "compose/balancer.Dockerfile",
        "compose/kuma.Dockerfile", "systemd/agent.env.example", "systemd/balancer.env.example",
        "systemd/kuma-agent@.service", "systemd/kuma-balancer.service", "README.md", "README.zh-TW.md", "CHANGELOG.md",
        "compose/README.md", "systemd/README.md",
        "Sources/ControlPlane/ControlPlane.docc/Operating.md", "Sources/ControlPlane/ControlPlane.docc/Security.md",
        "Sources/ControlPlane/ControlPlane.docc/Troubleshooting.md",
        "Sources/Settings/Settings.docc/Settings.md",
    ]

    @Test("name only what somebody reads", arguments: files)
    func known(path: String) throws {
        // Words in capitals with an underscore: `DB_HOST`; `LB_*` and `UPTIME_KUMA_…` are no names.
        let words = try PackageFiles.text(of: path).split { !($0.isLetter || $0.isNumber || "_*…".contains($0)) }
        let names = Set(words.filter { $0.wholeMatch(of: /[A-Z][A-Z0-9]*(_[A-Z0-9]+)+/) != nil }.map(String.init))
        #expect(!names.isEmpty)
        let unknown = names.subtracting(Self.ours).subtracting(Self.others).filter { !$0.hasPrefix("AF_") }
        #expect(unknown == [], "\(path) names what no program reads")
    }

    @Test("the list of what others read holds nothing superfluous")
    func othersAreNamed() throws {
        let all = try Self.files.map(PackageFiles.text(of:)).joined(separator: "\n")
        for name in Self.others { #expect(all.contains(name), "nobody names \(name)") }
    }

    /// What whoever sets up a cluster has to decide, or should know that there is something to decide.
    @Test(
        "each example shows what has to be decided",
        arguments: [
            (
                ["systemd/agent.env.example", "systemd/kuma-agent@.service"],
                ["NODE_ID", "NODE_HOST", "DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_TLS", "KUMA_API_KEY"]
            ),
            (
                ["systemd/balancer.env.example", "systemd/kuma-balancer.service"],
                [
                    "DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD", "LB_LISTEN", "LB_STATE_FILE", "LB_ADMIN_TOKEN",
                    "LB_API_ALLOW", "LB_TRUSTED_PROXIES", "LB_SESSION_AFFINITY", "MONITOR_LIMIT_PER_NODE",
                ]
            ),
            (
                ["compose/cluster.yaml"],
                [
                    "NODE_ID", "NODE_HOST", "NODE_PRIMARY", "KUMA_API_KEY_FILE", "DB_HOST", "DB_NAME", "DB_USER",
                    "DB_PASSWORD_FILE", "LB_LISTEN", "LB_STATE_FILE", "LB_ADMIN_TOKEN_FILE", "LB_API_ALLOW",
                    "LB_TRUSTED_PROXIES", "LB_SESSION_AFFINITY", "MONITOR_LIMIT_PER_NODE",
                ]
            ),
        ])
    func shown(paths: [String], names: [String]) throws {
        let all = try paths.map(PackageFiles.text(of:)).joined(separator: "\n")
        for name in names {
            #expect(all.contains("\(name)=") || all.contains("\(name):"), "\(paths[0]) does not show \(name)")
        }
    }

    @Test("the agent takes its example, with every commented line of it")
    func agentExample() throws {
        let file = try Self.uncommented("systemd/agent.env.example")
        try withTemporaryFile(file) { path in
            let settings = try AgentSettings(
                from: SettingInput(environment: ["NODE_ID": "node1"], environmentFile: path))
            #expect(settings.metricsListen?.description == "127.0.0.1:9184")
        }
    }

    @Test("the balancer takes its example, with every commented line of it")
    func balancerExample() throws {
        let file = try Self.uncommented("systemd/balancer.env.example")
        try withTemporaryFile(file) { path in
            let settings = try BalancerSettings(from: SettingInput(environmentFile: path))
            #expect(settings.proxyProtocol == .accept)
        }
    }

    private static func uncommented(_ path: String) throws -> String {
        try PackageFiles.text(of: path).replacing(/(?m)^#(?=[A-Z_]+=)/, with: "")
    }
}
