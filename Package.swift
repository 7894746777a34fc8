// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "kuma-cluster",
    products: [
        .executable(name: "kuma-agent", targets: ["kuma-agent"]),
        .executable(name: "kuma-balancer", targets: ["kuma-balancer"]),
        .executable(name: "kuma-demo", targets: ["kuma-demo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // `swift package generate-documentation --target ClusterCore` makes its pages.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        // The domain, as pure values and state machines.
        .target(name: "ClusterCore"),

        // The one type that holds a password, token or key.
        .target(name: "Secrets"),

        // The data plane.
        .target(name: "CLinux"),
        .target(name: "HTTPFraming", dependencies: ["ClusterCore"]),
        .target(name: "DataPlane", dependencies: ["CLinux", "HTTPFraming", "ClusterCore", logging]),

        // The database.
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .target(name: "MariaDB", dependencies: ["CMariaDB", "Secrets", logging]),
        .target(name: "ClusterStore", dependencies: ["ClusterCore", "MariaDB", logging]),

        // What a program can be set to: the means, and each program's own beside them, since both read files that have both.
        .target(name: "Settings", dependencies: ["ClusterCore", "MariaDB", "Secrets"]),
        .target(name: "AgentSettings", dependencies: ["ClusterCore", "Secrets", "Settings"]),
        .target(name: "BalancerSettings", dependencies: ["ClusterCore", "Secrets", "Settings"]),

        // The control plane, the agent and what both need.
        .target(name: "KumaClient", dependencies: ["ClusterCore", "Secrets", nioCore, nioHTTP1, nioPosix]),
        .target(name: "ControlPlane", dependencies: ["ClusterCore", "ClusterStore", logging, serviceLifecycle]),
        .target(
            name: "ControlAPI",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlPlane", "HTTPFraming", "Secrets", httpTypes, hummingbird,
                hummingbirdCore, logging, nioCore, serviceLifecycle,
            ]
        ),
        .target(name: "AgentCore", dependencies: ["ClusterCore", "ClusterStore", logging, serviceLifecycle]),
        .target(
            name: "AgentMetrics",
            dependencies: ["AgentCore", "ClusterCore", logging, nioCore, nioHTTP1, nioPosix, serviceLifecycle]
        ),
        .target(
            name: "ServiceRuntime",
            dependencies: ["ClusterCore", "Settings", logging, serviceLifecycle, unixSignals],
            plugins: ["CommitStamp"]
        ),
        // What `--version` says beside the number.
        .plugin(name: "CommitStamp", capability: .buildTool(), path: "Sources/CommitStamp"),

        // The whole cluster on one machine.
        .target(name: "ChildProcesses", dependencies: ["Secrets"]),
        .target(name: "PrivateMariaDB", dependencies: ["ChildProcesses", "MariaDB", "Secrets"]),
        .target(name: "KumaTables", dependencies: ["MariaDB"]),
        .target(
            name: "StandInKuma",
            dependencies: [
                "ClusterCore", "KumaClient", "KumaTables", "MariaDB", "Secrets", logging, nioCore, nioHTTP1, nioPosix,
                nioWebSocket,
            ]
        ),
        .target(
            name: "DemoCluster",
            dependencies: [
                "ChildProcesses", "ClusterCore", "KumaClient", "KumaTables", "MariaDB", "PrivateMariaDB", "Secrets",
                "StandInKuma", logging, nioCore, nioPosix,
            ]
        ),

        // Commands: composition only.
        .executableTarget(
            name: "kuma-agent",
            dependencies: [
                "AgentCore", "AgentMetrics", "AgentSettings", "BalancerSettings", "ClusterCore", "ClusterStore",
                "KumaClient", "MariaDB", "Secrets", "ServiceRuntime", "Settings", argumentParser, logging,
                serviceLifecycle,
            ]
        ),
        .executableTarget(
            name: "kuma-balancer",
            dependencies: [
                "AgentSettings", "BalancerSettings", "ClusterCore", "ClusterStore", "ControlAPI", "ControlPlane",
                "DataPlane", "KumaClient", "MariaDB", "Secrets", "ServiceRuntime", "Settings", argumentParser, logging,
                serviceLifecycle,
            ]
        ),
        .executableTarget(
            name: "kuma-demo",
            // It starts the other two as processes: depending on them makes `swift run kuma-demo` build them beside it.
            dependencies: [
                "DemoCluster", "ServiceRuntime", "StandInKuma", "kuma-agent", "kuma-balancer", argumentParser, logging,
            ]
        ),

        // What several test targets share.
        .target(name: "DelayingProxy", path: "Tests/Support/DelayingProxy"),
        .target(name: "HTTPTestClient", path: "Tests/Support/HTTPTestClient"),
        .target(
            name: "InMemoryClusterStore",
            dependencies: ["ClusterCore", "ClusterStore"],
            path: "Tests/Support/InMemoryClusterStore"
        ),
        .target(name: "NotifySocket", path: "Tests/Support/NotifySocket"),
        .target(name: "PackageFiles", path: "Tests/Support/PackageFiles"),
        .target(name: "RepeatableRandom", path: "Tests/Support/RepeatableRandom"),
        .target(name: "SchemaChecking", path: "Tests/Support/SchemaChecking"),
        .target(name: "Waiting", path: "Tests/Support/Waiting"),

        // A target's own tests.
        .testTarget(
            name: "AgentCoreTests",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "InMemoryClusterStore", "RepeatableRandom", "Waiting",
                logging, serviceLifecycle,
            ],
            path: "Tests/Units/AgentCore"
        ),
        .testTarget(
            name: "AgentMetricsTests",
            dependencies: [
                "AgentCore", "AgentMetrics", "ClusterCore", "HTTPTestClient", "PackageFiles", "Waiting", logging,
                nioPosix, serviceLifecycle,
            ],
            path: "Tests/Units/AgentMetrics"
        ),
        .testTarget(
            name: "ChildProcessesTests",
            dependencies: ["ChildProcesses", "Waiting"],
            path: "Tests/Units/ChildProcesses"
        ),
        .testTarget(
            name: "ClusterCoreTests",
            dependencies: ["ClusterCore", "RepeatableRandom"],
            path: "Tests/Units/ClusterCore"
        ),
        .testTarget(
            name: "ClusterStoreTests",
            dependencies: [
                "ClusterCore", "ClusterStore", "DelayingProxy", "InMemoryClusterStore", "KumaTables", "MariaDB",
                "PackageFiles", "PrivateMariaDB", "Secrets", "Waiting", inMemoryLogging, logging,
            ],
            path: "Tests/Units/ClusterStore"
        ),
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlAPI", "ControlPlane", "HTTPTestClient", "PackageFiles",
                "SchemaChecking", "Secrets", "Waiting", httpTypes, hummingbird, hummingbirdTesting, logging, nioCore,
                serviceLifecycle,
            ],
            path: "Tests/Units/ControlAPI"
        ),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlPlane", "InMemoryClusterStore", "KumaTables", "MariaDB",
                "PrivateMariaDB", "Waiting", logging,
            ],
            path: "Tests/Units/ControlPlane"
        ),
        .testTarget(
            name: "DataPlaneTests",
            dependencies: ["ClusterCore", "DataPlane", "HTTPFraming", "RepeatableRandom", "Waiting", logging],
            path: "Tests/Units/DataPlane"
        ),
        .testTarget(
            name: "DemoClusterTests",
            dependencies: ["DemoCluster", "HTTPTestClient", "Secrets", nioPosix],
            path: "Tests/Units/DemoCluster"
        ),
        .testTarget(
            name: "HTTPFramingTests",
            dependencies: ["HTTPFraming", "RepeatableRandom"],
            path: "Tests/Units/HTTPFraming"
        ),
        .testTarget(
            name: "KumaClientTests",
            dependencies: ["ClusterCore", "KumaClient", "Secrets", "Waiting", nioCore, nioHTTP1, nioPosix],
            path: "Tests/Units/KumaClient"
        ),
        .testTarget(
            name: "MariaDBTests",
            dependencies: ["MariaDB", "PrivateMariaDB", "Secrets", "Waiting", logging],
            path: "Tests/Units/MariaDB"
        ),
        .testTarget(
            name: "ServiceRuntimeTests",
            dependencies: ["NotifySocket", "ServiceRuntime", "Settings", "Waiting", logging, serviceLifecycle],
            path: "Tests/Units/ServiceRuntime"
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "AgentSettings", "BalancerSettings", "ClusterCore", "MariaDB", "PackageFiles", "Secrets", "Settings",
            ],
            path: "Tests/Units/Settings"
        ),
        .testTarget(
            name: "StandInKumaTests",
            dependencies: [
                "ClusterCore", "HTTPTestClient", "KumaTables", "MariaDB", "PrivateMariaDB", "Secrets", "StandInKuma",
                "Waiting", logging, nioCore, nioHTTP1, nioPosix,
            ],
            path: "Tests/Units/StandInKuma"
        ),

        // What holds across targets: the tree's own rules, the pages that are made from the code, and whole programs on a
        // database far away.
        .testTarget(
            name: "HouseRulesTests",
            dependencies: ["PackageFiles"],
            path: "Tests/Contracts/HouseRules"
        ),
        // `Tests/make-pages`: pages of the tree that are made from the code.
        .executableTarget(
            name: "MakePages",
            dependencies: ["AgentSettings", "BalancerSettings", "ControlAPI", "PackageFiles", "Settings"],
            path: "Tests/Contracts/MakePages"
        ),
        .testTarget(
            name: "PapersTests",
            dependencies: ["MakePages", "PackageFiles"],
            path: "Tests/Contracts/Papers"
        ),
        .testTarget(
            name: "SlowDatabaseTests",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "DelayingProxy", "KumaTables", "MariaDB",
                "PrivateMariaDB", "Waiting", logging, serviceLifecycle,
            ],
            path: "Tests/Contracts/SlowDatabase"
        ),

        // Whole clusters of real processes, with real clients.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "ChildProcesses", "ClusterCore", "ControlAPI", "DemoCluster", "HTTPTestClient", "KumaTables", "MariaDB",
                "NotifySocket", "PackageFiles", "PrivateMariaDB", "SchemaChecking", "Secrets", "Waiting", "kuma-agent",
                "kuma-balancer", "kuma-demo",
            ],
            path: "Tests/EndToEnd",
            exclude: ["Browser", "SocketIO"]
        ),

        // The control plane under every fault, in virtual time: the simulation, its tests, and a long run by hand.
        .target(
            name: "Simulation",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "InMemoryClusterStore", "RepeatableRandom",
                logging,
            ],
            path: "Tests/Simulation/Simulation"
        ),
        .executableTarget(name: "Simulator", dependencies: ["Simulation"], path: "Tests/Simulation/Simulator"),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["ClusterCore", "ClusterStore", "InMemoryClusterStore", "Simulation"],
            path: "Tests/Simulation/Tests"
        ),

        // Programs that a person starts, no part of the product: a seeded fuzz of HTTPFraming, and a thousand agents.
        .executableTarget(name: "FramingFuzz", dependencies: ["HTTPFraming", "RepeatableRandom"], path: "Tests/Fuzz"),
        .executableTarget(
            name: "Scale",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "DataPlane", "MariaDB", "Secrets", logging,
                nioCore, nioHTTP1, nioPosix, serviceLifecycle,
            ],
            path: "Tests/Benchmarks/Scale"
        ),
    ]
)

// The sanitizers need every dependency built anew; with this set, the package is the data plane alone, whose unsafe code
// they are for, and that takes two minutes instead of ten: `.ci/run` does it, from a copy.
if Context.environment["KUMA_DATA_PLANE_ONLY"] != nil {
    let kept: Set = [
        "CLinux", "HTTPFraming", "ClusterCore", "DataPlane", "HTTPFramingTests", "ClusterCoreTests", "DataPlaneTests",
        "FramingFuzz", "RepeatableRandom", "Waiting",
    ]
    package.products = []
    package.targets.removeAll { !kept.contains($0.name) }
    package.dependencies = [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")]
}

// One set of rules for every Swift target: no implicit existentials, no leaking imports, and in CI no warning.
for target in package.targets where ![.plugin, .system].contains(target.type) && target.name != "CLinux" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
    if Context.environment["KUMA_STRICT"] != nil { target.swiftSettings?.append(.treatAllWarnings(as: .error)) }
}
