import Foundation
import PackagePlugin

/// Tells a build which commit it was made from, as `BuildCommit.text` of the target that uses it: `KUMA_COMMIT` of the
/// environment where that is set (a container build has no checkout), else what git says, else nothing. Runs again when
/// HEAD has moved.
@main
struct CommitStamp: BuildToolPlugin {
    private static let script = #"""
        commit=${KUMA_COMMIT:-$(git -C "$1" rev-parse --short=12 HEAD 2>/dev/null)}
        case $commit in *[!A-Za-z0-9._-]*) commit= ;; esac
        printf '/// Made by the build.\nenum BuildCommit {\n    static let text = "%s"\n}\n' "$commit" > "$2"
        """#

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let package = context.package.directoryURL
        let output = context.pluginWorkDirectoryURL.appending(path: "BuildCommit.swift")
        // Grows whenever HEAD moves; a tarball has none.
        let log = package.appending(path: ".git/logs/HEAD")
        return [
            .buildCommand(
                displayName: "Looking up the commit", executable: URL(filePath: "/bin/sh"),
                arguments: ["-c", CommitStamp.script, "sh", package.path(), output.path()],
                inputFiles: FileManager.default.fileExists(atPath: log.path()) ? [log] : [], outputFiles: [output])
        ]
    }
}
