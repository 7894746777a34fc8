/// Reads typed settings from their sources and collects *every* problem on the way, so that one start tells them all.
package struct SettingsReader {
    /// Keys with these beginnings are ours alone: an unknown one is a mistake, not somebody else's variable.
    static let ownPrefixes = ["LB_", "AGENT_"]

    /// What `ResolvedSetting.origin` says when no source has the setting.
    static let defaultOrigin = "default"

    private let sources: [SettingSource]
    package private(set) var problems: [SettingProblem]
    /// Every setting read so far, in reading order.
    package private(set) var resolved: [ResolvedSetting] = []

    /// - Parameters:
    ///   - catalogue: the program's settings; flags come from it.
    ///   - neighbours: further catalogues whose keys may stand in a shared environment file without being a mistake.
    package init(_ input: SettingInput, catalogue: SettingCatalogue, neighbours: [SettingCatalogue] = []) {
        (sources, problems) = input.sources(catalogue: catalogue)
        let known = catalogue.names + neighbours.flatMap(\.names)
        // Flags were checked while they were taken apart.
        for source in sources.dropFirst() {
            problems += SettingsReader.unknownKeys(in: source, known: known)
        }
    }

    private static func unknownKeys(in source: SettingSource, known: [String]) -> [SettingProblem] {
        let knownSet = Set(known)
        let unknown = source.values.keys.filter { key in
            ownPrefixes.contains { key.hasPrefix($0) } && !knownSet.contains(key)
        }
        return unknown.sorted().map { key in
            let nearest = NearestName.of(key, among: known).map { "; did you mean \($0)?" } ?? ""
            return SettingProblem(key: key, origin: source.name, reason: "unknown setting\(nearest)")
        }
    }

    /// The setting's value; its fallback when it is absent or refused (then `finish()` throws).
    package mutating func read<Value>(_ setting: Setting<Value>) -> Value {
        let description = setting.description
        switch find(description) {
        case .absent:
            if description.isRequired {
                problems.append(
                    SettingProblem(key: description.key, reason: "is required", expected: description.expected))
            }
            let shown = description.defaultText.map(description.shown)
            resolved.append(
                ResolvedSetting(description: description, shown: shown, origin: SettingsReader.defaultOrigin))
            return setting.fallback
        case .refused:
            return setting.fallback
        case .found(let text, let name, let origin):
            resolved.append(
                ResolvedSetting(description: description, shown: description.shown(text), origin: origin))
            do throws(SettingRefusal) {
                return try setting.parse(text)
            } catch {
                problems.append(
                    SettingProblem(
                        key: name, value: description.shown(text), origin: origin, reason: error.reason,
                        expected: description.expected))
                return setting.fallback
            }
        }
    }

    /// Adds a problem that only several settings together show.
    package mutating func refuse(_ description: SettingDescription, reason: String) {
        let found = resolved.last { $0.description.key == description.key && $0.origin != SettingsReader.defaultOrigin }
        problems.append(
            SettingProblem(
                key: description.key, value: found?.shown, origin: found?.origin, reason: reason,
                expected: description.expected))
    }

    /// - Throws: `ConfigurationError` with every problem met since the start.
    package func finish() throws(ConfigurationError) {
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private enum Finding {
        case absent
        /// A problem was recorded already.
        case refused
        case found(text: String, name: String, origin: String)
    }

    /// The first source that names the setting wins. An empty value counts as not set: Compose writes `${X:-}` as one.
    private mutating func find(_ description: SettingDescription) -> Finding {
        for source in sources {
            let value = SettingsReader.first(of: description.valueNames, in: source)
            let file = SettingsReader.first(of: description.fileNames, in: source)
            switch (value, file) {
            case (nil, nil):
                continue
            case (let value?, nil):
                return .found(text: value.text, name: value.name, origin: source.name)
            case (nil, let file?):
                return read(file: file, origin: source.name)
            case (let value?, let file?):
                problems.append(
                    SettingProblem(key: value.name, origin: source.name, reason: "is set together with \(file.name)"))
                return .refused
            }
        }
        return .absent
    }

    private static func first(of names: [String], in source: SettingSource) -> (name: String, text: String)? {
        for name in names {
            if let text = source.values[name], !text.isEmpty { return (name, text) }
        }
        return nil
    }

    private mutating func read(file: (name: String, text: String), origin: String) -> Finding {
        do throws(SettingRefusal) {
            let text = SettingText.trimmed(try TextFile.read(file.text, limitBytes: TextFile.secretBytes))
            guard !text.isEmpty else { throw SettingRefusal("file \(file.text) is empty") }
            return .found(text: text, name: file.name, origin: "\(origin), file \(file.text)")
        } catch {
            problems.append(SettingProblem(key: file.name, origin: origin, reason: error.reason))
            return .refused
        }
    }
}
