import Foundation

/// The targets of Package.swift with what each depends on, read from the manifest's text: asking SwiftPM itself takes seconds
/// and the build folder's lock.
struct ManifestTargets {
    struct Target: Equatable {
        let kind: String
        let name: String
        /// Where its files are, if not in `Sources/NAME`.
        let path: String?
        /// Targets of ours, plugins included; libraries of others stand without quotes or in `.product(…)`.
        let dependencies: [String]

        var isProduct: Bool { kind != "testTarget" && path?.hasPrefix("Tests") != true }
    }

    let all: [Target]

    /// What is built from `Sources`, tests and their helpers left out.
    var products: [Target] { all.filter(\.isProduct) }

    init(manifest: String) {
        let lines = manifest.components(separatedBy: "\n").filter {
            !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//")
        }
        let text = lines.joined(separator: "\n")
        let heads = text.matches(of: /\.(target|executableTarget|testTarget|systemLibrary|plugin)\(\s*name: "([^"]+)"/)
        all = heads.map { head in
            let declaration = Self.balanced(text[head.range.lowerBound...], "(", ")")
            let path = declaration.firstMatch(of: /path: "([^"]+)"/).map { String($0.1) }
            let lists = ["dependencies: ", "plugins: "].flatMap { label -> [String] in
                guard let start = declaration.range(of: label) else { return [] }
                let list = Self.balanced(declaration[start.upperBound...], "[", "]")
                return list.replacing(/\.product\([^)]*\)/, with: "").matches(of: /"([^"]+)"/).map { String($0.1) }
            }
            return Target(kind: String(head.1), name: String(head.2), path: path, dependencies: lists)
        }
    }

    /// From the first `open` to the `close` that belongs to it.
    private static func balanced(_ text: Substring, _ open: Character, _ close: Character) -> Substring {
        guard let start = text.firstIndex(of: open) else { return "" }
        var depth = 0
        for index in text[start...].indices {
            if text[index] == open { depth += 1 }
            if text[index] == close { depth -= 1 }
            if depth == 0 { return text[start...index] }
        }
        return text[start...]
    }
}
