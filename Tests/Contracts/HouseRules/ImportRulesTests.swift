import Testing

/// The import table of the design: who may know of whom. The build's explicit-import check catches an import that is
/// not declared; this catches a declaration that should not be.
@Suite("Imports follow the design's table")
struct ImportRulesTests {
    /// For each target, the targets of ours that it may import.
    static let allowed: [String: Set<String>] = [
        "CLinux": [],
        "CMariaDB": [],
        "HTTPFraming": ["ClusterCore"],
        "ClusterCore": [],
        "Secrets": [],
        "DataPlane": ["CLinux", "HTTPFraming", "ClusterCore"],
        "MariaDB": ["CMariaDB", "Secrets"],
        "ClusterStore": ["ClusterCore", "MariaDB"],
        "KumaClient": ["ClusterCore", "Secrets"],
        "ControlPlane": ["ClusterCore", "ClusterStore"],
        "ControlAPI": ["ClusterCore", "ClusterStore", "ControlPlane", "HTTPFraming", "Secrets"],
        "AgentCore": ["ClusterCore", "ClusterStore"],
        "AgentMetrics": ["AgentCore", "ClusterCore"],
        "CommitStamp": [],
        "Settings": ["ClusterCore", "MariaDB", "Secrets"],
        "AgentSettings": ["ClusterCore", "Secrets", "Settings"],
        "BalancerSettings": ["ClusterCore", "Secrets", "Settings"],
        "ServiceRuntime": ["ClusterCore", "Settings"],
        "ChildProcesses": ["Secrets"],
        "PrivateMariaDB": ["ChildProcesses", "MariaDB", "Secrets"],
        "KumaTables": ["MariaDB"],
        "StandInKuma": ["ClusterCore", "KumaClient", "KumaTables", "MariaDB", "Secrets"],
        "DemoCluster": [
            "ChildProcesses", "ClusterCore", "KumaClient", "KumaTables", "MariaDB", "PrivateMariaDB", "Secrets",
            "StandInKuma",
        ],
    ]

    /// Commands compose: they may import what they like of ours, and nobody imports them.
    static let commands: Set<String> = ["kuma-agent", "kuma-balancer", "kuma-demo"]

    @Test("every target is in the table")
    func tableIsComplete() {
        let targets = Set(SourceTree.sources.files.map(\.target))
        #expect(targets.subtracting(Self.allowed.keys).subtracting(Self.commands) == [])
    }

    @Test("no target imports one of ours that the table does not allow")
    func importsAreAllowed() {
        let ours = Set(Self.allowed.keys)
        for file in SourceTree.sources.swiftFiles where !Self.commands.contains(file.target) {
            let wrong = Set(file.imports).intersection(ours).subtracting(Self.allowed[file.target] ?? [])
            #expect(wrong == [], "\(file.path) imports \(wrong)")
        }
    }

    /// Who may import a library that is not ours; everything else goes through them.
    static let doors: [String: Set<String>] = [
        "CLinux": ["DataPlane"],
        "CMariaDB": ["MariaDB"],
        "Hummingbird": ["ControlAPI"],
        "ArgumentParser": commands,
    ]

    @Test("a library of others has one door", arguments: doors)
    func libraryHasOneDoor(library: String, doors: Set<String>) {
        let importers = SourceTree.sources.swiftFiles.filter { $0.imports.contains(library) }
        #expect(!importers.isEmpty, "nobody imports \(library) any more: drop it from the manifest and from here")
        for file in importers { #expect(doors.contains(file.target), "\(file.path) imports \(library)") }
    }

    @Test("the domain imports no clock, socket, logger or runtime")
    func domainIsPure() {
        for file in SourceTree.sources.swiftFiles where ["ClusterCore", "HTTPFraming"].contains(file.target) {
            let foreign = Set(file.imports)
                .subtracting(["ClusterCore", "Synchronization", "Glibc", "FoundationEssentials"])
            #expect(foreign == [], "\(file.path) imports \(foreign)")
        }
    }
}
