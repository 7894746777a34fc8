import Secrets

/// Reads typed settings from their sources and collects *every* problem on the way, so that one start reports them all.
package struct SettingsReader {
    /// Keys with these beginnings are ours alone: an unknown one is a mistake, not somebody else's variable.
    static let ownPrefixes = ["LB_", "AGENT_"]

    /// What `ResolvedSetting.origin` says when no source has the setting.
    static let defaultOrigin = "default"

    private let sources: [SettingSource]
    /// Met so far: those of the sources themselves first, then those of settings in reading order.
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
            guard !knownSet.contains(key) else { return false }
            // A byte order mark or a hard space before a name cannot be seen.
            let plain = String(String.UnicodeScalarView(key.unicodeScalars.filter(\.isASCII)))
            return ownPrefixes.contains { key.hasPrefix($0) } || plain != key && knownSet.contains(plain)
        }
        return unknown.sorted().map { key in
            let nearest = NearestName.of(key, among: known).map { "; did you mean \($0)?" } ?? ""
            return SettingProblem(key: key, origin: source.name, reason: "unknown setting\(nearest)")
        }
    }

    /// Every setting of a group.
    package mutating func read<Group: SettingGroup>(_ group: Group) -> SettingValues<Group> {
        var values: [String: any Sendable] = [:]
        for setting in group.declared { values[setting.description.key] = setting.value(from: &self) }
        return SettingValues(group, values)
    }

    /// The setting's value; its fallback when it is absent or refused (then `finish()` throws).
    mutating func read<Value>(_ setting: Setting<Value>) -> Value {
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
                ResolvedSetting(description: description, shown: description.shown(text.revealed), origin: origin))
            do throws(SettingRefusal) {
                return try setting.parse(text.revealed)
            } catch {
                problems.append(
                    SettingProblem(
                        key: name, value: description.shown(text.revealed), origin: origin, reason: error.reason,
                        expected: description.expected))
                return setting.fallback
            }
        }
    }

    /// Whether a source has the setting, one that was read already.
    package func isSet(_ setting: Setting<some Sendable>) -> Bool { found(setting.description) != nil }

    private func found(_ description: SettingDescription) -> ResolvedSetting? {
        resolved.last { $0.description.key == description.key && $0.origin != SettingsReader.defaultOrigin }
    }

    /// Adds a problem that only several settings together show.
    package mutating func refuse(_ setting: Setting<some Sendable>, reason: String) {
        let description = setting.description
        let found = found(description)
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
        case found(text: Secret, name: String, origin: String)
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
                if let fault = StrayEnds.fault(of: value.text.revealed) {
                    // Without the value: what is wrong with it cannot be seen.
                    problems.append(SettingProblem(key: value.name, origin: source.name, reason: fault))
                    return .refused
                }
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

    private static func first(of names: [String], in source: SettingSource) -> (name: String, text: Secret)? {
        for name in names {
            if let text = source.values[name], !text.isEmpty { return (name, text) }
        }
        return nil
    }

    private mutating func read(file: (name: String, text: Secret), origin: String) -> Finding {
        let path = file.text.revealed
        do throws(SettingRefusal) {
            if let fault = StrayEnds.fault(of: path) { throw SettingRefusal(fault) }
            // Who writes the secret itself here shall not read it in the log.
            guard path.hasPrefix("/") || path.hasPrefix(".") else {
                throw SettingRefusal("is no path that begins with / or . (not shown: it may be the secret itself)")
            }
            let text = try TextFile.readSecret(path)
            if let fault = StrayEnds.fault(of: text) { throw SettingRefusal("file \(path) \(fault)") }
            return .found(text: Secret(text), name: file.name, origin: "\(origin), file \(path)")
        } catch {
            problems.append(SettingProblem(key: file.name, origin: origin, reason: error.reason))
            return .refused
        }
    }
}
