package import Secrets

/// One place settings come from: a name for people, and the texts by key, any of which may be a secret.
package struct SettingSource: Sendable, Equatable {
    /// `flag`, `environment` or `file PATH`.
    package let name: String
    /// By key, alias or `_FILE` name, flags as well; of the environment and a file also by names that nobody knows. An
    /// empty text counts as not set.
    package let values: [String: Secret]

    package init(name: String, values: [String: Secret]) {
        self.name = name
        self.values = values
    }
}

/// Everything a command hands over to be read: its leftover flags, the environment, and the file of `--env-file`. Each text
/// may be a secret until it is known which setting it belongs to.
package struct SettingInput: Sendable {
    /// Arguments that the command itself did not take, such as `--db-host`, `10.0.0.5`.
    package var arguments: [Secret]
    /// All of the process's; names that are none of ours are passed over unless they look like a slip.
    package var environment: [String: Secret]
    /// Path of a file of `KEY=VALUE` lines; nil: none.
    package var environmentFile: String?

    /// Each text is held as a secret from here on.
    package init(arguments: [Secret] = [], environment: [String: String] = [:], environmentFile: String? = nil) {
        self.arguments = arguments
        self.environment = environment.mapValues { Secret($0) }
        self.environmentFile = environmentFile
    }

    /// The sources, strongest first (flags, environment, file), and what was wrong while taking them apart.
    func sources(catalogue: SettingCatalogue) -> (sources: [SettingSource], problems: [SettingProblem]) {
        var problems: [SettingProblem] = []
        let flags = SettingFlags.parse(arguments, catalogue: catalogue, problems: &problems)
        var sources = [
            SettingSource(name: "flag", values: flags), SettingSource(name: "environment", values: environment),
        ]
        if let environmentFile {
            do throws(SettingRefusal) {
                let text = try TextFile.readSettings(environmentFile)
                let values = EnvironmentFile.parse(text, path: environmentFile, problems: &problems)
                sources.append(SettingSource(name: "file \(environmentFile)", values: values))
            } catch {
                problems.append(SettingProblem(key: "--env-file", value: environmentFile, reason: error.reason))
            }
        }
        return (sources, problems)
    }
}

/// `--db-host x`, `--db-host=x`: the catalogue's keys as flags.
enum SettingFlags {
    static func parse(
        _ arguments: [Secret], catalogue: SettingCatalogue, problems: inout [SettingProblem]
    ) -> [String: Secret] {
        let keys = Dictionary(
            catalogue.names.map { (SettingDescription.flag(for: $0), $0) }, uniquingKeysWith: { first, _ in first })
        var values: [String: Secret] = [:]
        var rest = arguments.enumerated().map { (number: $0 + 1, text: $1.revealed) }[...]
        while let (number, argument) = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                // Not shown: it may be the rest of a password with a space in it.
                problems.append(
                    SettingProblem(key: "setting argument \(number)", reason: "is no flag; write --name value"))
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            guard let key = keys[flag] else {
                problems.append(unknown(flag, among: Array(keys.keys)))
                // Its value, if any, would only be reported a second time.
                if parts.count == 1, let next = rest.first, !next.text.hasPrefix("--") { rest.removeFirst() }
                continue
            }
            if parts.count == 2 {
                values[key] = Secret(String(parts[1]))
            } else if let next = rest.popFirst() {
                values[key] = Secret(next.text)
            } else {
                problems.append(SettingProblem(key: flag, reason: "has no value"))
            }
        }
        return values
    }

    private static func unknown(_ flag: String, among flags: [String]) -> SettingProblem {
        let nearest = NearestName.of(flag, among: flags).map { "; did you mean \($0)?" } ?? ""
        return SettingProblem(key: flag, reason: "unknown flag\(nearest)")
    }
}
