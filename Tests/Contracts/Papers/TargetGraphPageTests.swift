import Foundation
import PackageFiles
import Testing

@Suite("The picture of the targets")
struct TargetGraphPageTests {
    private static func targets() throws -> ManifestTargets {
        ManifestTargets(manifest: try PackageFiles.text(of: "Package.swift"))
    }

    @Test("is what the manifest says")
    func picture() throws {
        let svg = TargetGraph(try Self.targets().products).svg
        #expect(try MadeText("Sources/targets.svg").difference(from: svg) == nil)
    }

    @Test("every folder of the sources is in it, and nothing else is")
    func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            at: PackageFiles.root.appending(path: "Sources"), includingPropertiesForKeys: [.isDirectoryKey]
        ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
        let targets = try Self.targets().products
        #expect(Set(folders.map(\.lastPathComponent)) == Set(targets.map(\.name)))
        let names = Set(try Self.targets().all.map(\.name))
        for target in targets { #expect(names.isSuperset(of: target.dependencies), "\(target)") }
    }

    @Test("a manifest is read as it is written")
    func reading() {
        let manifest = """
            let other = Target.Dependency.product(name: "Other", package: "other")
            targets: [
                .target(name: "Below"),
                // .target(name: "Gone"),
                .target(
                    name: "Above", dependencies: ["Below", other, .product(name: "X", package: "x")],
                    plugins: ["Stamp"]),
                .plugin(name: "Stamp", capability: .buildTool(), path: "Sources/Stamp"),
                .testTarget(name: "AboveTests", dependencies: ["Above"], path: "Tests/Above"),
                .target(name: "Help", path: "Tests/Help"),
            ]
            """
        let targets = ManifestTargets(manifest: manifest)
        #expect(targets.all.map(\.name) == ["Below", "Above", "Stamp", "AboveTests", "Help"])
        #expect(targets.products.map(\.name) == ["Below", "Above", "Stamp"])
        #expect(targets.all[1].dependencies == ["Below", "Stamp"])
    }
}
