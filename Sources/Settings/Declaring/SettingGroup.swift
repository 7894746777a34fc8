/// Settings that are declared together: each stored property is a `Setting`, or a group of further ones that stands in its
/// place. The properties are found by reflection, as ArgumentParser finds a command's, so that a setting which is declared is
/// one that is read, explained and offered as a flag; nothing lists it a second time.
package protocol SettingGroup: Sendable {}

extension SettingGroup {
    /// In the order of their declaration.
    var declared: [any DeclaredSetting] {
        Mirror(reflecting: self).children.flatMap { child -> [any DeclaredSetting] in
            if let setting = child.value as? any DeclaredSetting { return [setting] }
            if let group = child.value as? any SettingGroup { return group.declared }
            return []
        }
    }
}

/// A setting of any type.
protocol DeclaredSetting: Sendable {
    var description: SettingDescription { get }
    /// Problems stay in `reader`.
    func value(from reader: inout SettingsReader) -> any Sendable
}

extension Setting: DeclaredSetting {
    func value(from reader: inout SettingsReader) -> any Sendable { reader.read(self) }
}

/// What became of a group's settings, under the names of their declarations: `values.port` is the `Int` of
/// `let port = Setting<Int>…`.
@dynamicMemberLookup
package struct SettingValues<Group: SettingGroup>: Sendable {
    /// The declarations themselves.
    package let group: Group
    /// By key.
    private let values: [String: any Sendable]

    init(_ group: Group, _ values: [String: any Sendable]) {
        self.group = group
        self.values = values
    }

    /// What was read; where that was nothing, or was refused, the declaration's fallback.
    package subscript<Value>(dynamicMember path: KeyPath<Group, Setting<Value>>) -> Value {
        let setting = group[keyPath: path]
        // What was read has the type of its declaration; the fallback only stands in for nil, which casts to nothing.
        return values[setting.description.key] as? Value ?? setting.fallback
    }

    /// Of a group within the group.
    package subscript<Part: SettingGroup>(dynamicMember path: KeyPath<Group, Part>) -> SettingValues<Part> {
        SettingValues<Part>(group[keyPath: path], values)
    }
}
