// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target: Swift 6 language mode, no implicit existentials, no leaking imports, and
/// no warning that is merely tolerated.
let houseRules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
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
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The domain, as pure values and state machines.
        .target(name: "ClusterCore", swiftSettings: houseRules),

        // The one type that holds a password, token or key.
        .target(name: "Secrets", swiftSettings: houseRules),

        // The data plane.
        .target(name: "CLinux"),
        .target(name: "HTTPFraming", swiftSettings: houseRules),
        .target(
            name: "DataPlane",
            dependencies: ["CLinux", "HTTPFraming", "ClusterCore", logging],
            // The run-time checks for overlapping accesses cost 2 % of a request. A reactor's state belongs to one thread;
            // debug builds, which all tests run on, keep the checks.
            swiftSettings: houseRules + [
                .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
            ]
        ),

        // The database.
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .target(name: "MariaDB", dependencies: ["CMariaDB", "Secrets", logging], swiftSettings: houseRules),
        .target(
            name: "ClusterStore",
            dependencies: ["ClusterCore", "MariaDB", logging],
            swiftSettings: houseRules
        ),

        // The control plane, the agent and what both need.
        .target(
            name: "KumaClient",
            dependencies: ["ClusterCore", "Secrets", nioCore, nioHTTP1, nioPosix],
            swiftSettings: houseRules
        ),
        .target(
            name: "ControlPlane",
            dependencies: ["ClusterCore", "ClusterStore", logging, serviceLifecycle],
            swiftSettings: houseRules
        ),
        .target(
            name: "ControlAPI",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlPlane", "Secrets", httpTypes, hummingbird, hummingbirdCore,
                logging, nioCore, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .target(
            name: "AgentCore",
            dependencies: ["ClusterCore", "ClusterStore", logging, serviceLifecycle],
            swiftSettings: houseRules
        ),
        .target(
            name: "AgentMetrics",
            dependencies: ["AgentCore", "ClusterCore", logging, nioCore, nioHTTP1, nioPosix, serviceLifecycle],
            swiftSettings: houseRules
        ),
        .target(
            name: "ServiceRuntime",
            dependencies: ["ClusterCore", "MariaDB", "Secrets", logging, serviceLifecycle, unixSignals],
            swiftSettings: houseRules,
            plugins: ["CommitStamp"]
        ),
        // What `--version` says beside the number.
        .plugin(name: "CommitStamp", capability: .buildTool(), path: "Sources/CommitStamp"),

        // The whole cluster on one machine.
        .target(name: "PrivateMariaDB", dependencies: ["MariaDB", "Secrets"], swiftSettings: houseRules),
        .target(
            name: "DemoCluster",
            dependencies: [
                "ClusterCore", "MariaDB", "PrivateMariaDB", "Secrets", asyncHTTPClient, logging, nioCore, nioHTTP1,
                nioPosix, nioWebSocket,
            ],
            swiftSettings: houseRules
        ),

        // Commands: composition only.
        .executableTarget(
            name: "kuma-agent",
            dependencies: [
                "AgentCore", "AgentMetrics", "ClusterCore", "ClusterStore", "KumaClient", "MariaDB", "Secrets",
                "ServiceRuntime", argumentParser, logging, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .executableTarget(
            name: "kuma-balancer",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlAPI", "ControlPlane", "DataPlane", "KumaClient", "MariaDB",
                "Secrets", "ServiceRuntime", argumentParser, logging, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .executableTarget(
            name: "kuma-demo",
            // It starts the other two as processes: depending on them makes `swift run kuma-demo` build them beside it.
            dependencies: ["DemoCluster", "ServiceRuntime", "kuma-agent", "kuma-balancer", argumentParser, logging],
            swiftSettings: houseRules
        ),

        // What several test targets share.
        .target(name: "HTTPTestClient", path: "Tests/HTTPTestClient", swiftSettings: houseRules),
        .target(name: "RepeatableRandom", path: "Tests/RepeatableRandom", swiftSettings: houseRules),
        .target(name: "DelayingProxy", path: "Tests/DelayingProxy", swiftSettings: houseRules),
        .target(name: "NotifySocket", path: "Tests/NotifySocket", swiftSettings: houseRules),
        .target(name: "SchemaChecking", path: "Tests/SchemaChecking", swiftSettings: houseRules),
        .target(name: "Waiting", path: "Tests/Waiting", swiftSettings: houseRules),

        // Tests mirror the sources.
        .testTarget(
            name: "ClusterCoreTests", dependencies: ["ClusterCore", "RepeatableRandom"], swiftSettings: houseRules),
        // `swift run -c release FramingFuzz --seconds 30`: a seeded fuzz of HTTPFraming, no part of the product.
        .executableTarget(
            name: "FramingFuzz",
            dependencies: ["HTTPFraming", "RepeatableRandom"],
            path: "Tests/Fuzz",
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "HTTPFramingTests", dependencies: ["HTTPFraming", "RepeatableRandom"], swiftSettings: houseRules),
        .testTarget(
            name: "DataPlaneTests",
            dependencies: ["ClusterCore", "DataPlane", "HTTPFraming", "RepeatableRandom", "Waiting", logging],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "MariaDBTests",
            dependencies: ["MariaDB", "PrivateMariaDB", "Secrets", "Waiting", logging],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "ClusterStoreTests",
            dependencies: [
                "ClusterCore", "ClusterStore", "DelayingProxy", "MariaDB", "PrivateMariaDB", "Secrets", "Waiting",
                inMemoryLogging,
                logging,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlPlane", "Waiting", "MariaDB", "PrivateMariaDB", logging,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "SlowDatabaseTests",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "DelayingProxy", "MariaDB",
                "PrivateMariaDB",
                "Waiting", logging, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ClusterCore", "ClusterStore", "ControlAPI", "ControlPlane", httpTypes, hummingbird,
                .product(name: "HummingbirdTesting", package: "hummingbird"), "HTTPTestClient", "SchemaChecking",
                "Secrets", "Waiting", logging, nioCore, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "AgentCoreTests",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "RepeatableRandom", "Waiting", logging, serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "AgentMetricsTests",
            dependencies: [
                "AgentCore", "AgentMetrics", "ClusterCore", "HTTPTestClient", "Waiting", logging, nioPosix,
                serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "ServiceRuntimeTests",
            dependencies: [
                "ClusterCore", "MariaDB", "NotifySocket", "Secrets", "ServiceRuntime", "Waiting", logging,
                serviceLifecycle,
            ],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "KumaClientTests",
            dependencies: ["ClusterCore", "KumaClient", "Secrets", "Waiting", nioCore, nioHTTP1, nioPosix],
            swiftSettings: houseRules
        ),
        .testTarget(
            name: "DemoClusterTests",
            dependencies: [
                "ClusterCore", "DemoCluster", "HTTPTestClient", "MariaDB", "PrivateMariaDB", "Secrets", "Waiting",
                logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: houseRules
        ),
        // The control plane under every fault, in virtual time: the simulation, its tests, and a long run by hand.
        .target(
            name: "Simulation",
            dependencies: ["AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "RepeatableRandom", logging],
            path: "Tests/Simulation",
            swiftSettings: houseRules
        ),
        .executableTarget(
            name: "Simulator", dependencies: ["Simulation"], path: "Tests/Simulator", swiftSettings: houseRules),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation"], swiftSettings: houseRules),
        // The simulated agents of `Tests/Benchmarks/scale`, no part of the product.
        .executableTarget(
            name: "Scale",
            dependencies: [
                "AgentCore", "ClusterCore", "ClusterStore", "ControlPlane", "DataPlane", "MariaDB", "Secrets", logging,
                nioCore, nioHTTP1, nioPosix, serviceLifecycle,
            ],
            path: "Tests/Scale",
            swiftSettings: houseRules
        ),
        .testTarget(name: "HouseRulesTests", swiftSettings: houseRules),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "ClusterCore", "DemoCluster", "HTTPTestClient", "MariaDB", "NotifySocket", "PrivateMariaDB",
                "SchemaChecking", "Secrets", "Waiting", "kuma-agent", "kuma-balancer", "kuma-demo",
            ],
            exclude: ["API/Endpoints.md"],
            swiftSettings: houseRules
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
