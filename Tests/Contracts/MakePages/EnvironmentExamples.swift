import AgentSettings
import BalancerSettings
import Settings

/// What people copy and change: the settings that show themselves there, and what only the file itself can say.
enum EnvironmentExamples {
    static var pages: [MadePage] { [agent, balancer, compose] }

    private static let agent = MadePage(
        path: "systemd/agent.env.example",
        text: """
            # /etc/kuma-cluster/agent.env: for every kuma-agent@<node> on this machine. Mode 0600: it may hold secrets.
            # All settings: kuma-agent --help

            \(entries(.service, of: [AgentSettings.catalogue]))

            # In agent-<node>.env, per node:

            \(entries(.node, of: [AgentSettings.catalogue]))

            """)

    private static let balancer = MadePage(
        path: "systemd/balancer.env.example",
        text: """
            # /etc/kuma-cluster/balancer.env. Mode 0600: it may hold secrets. All settings: kuma-balancer --help

            \(entries(.service, of: [BalancerSettings.catalogue]))

            """)

    private static let compose = MadePage(
        path: "compose/.env.example",
        text: """
            # Copy to .env beside cluster.yaml. No secrets here: those are files in secrets/ (see README.md).

            # Ports of the two balancers on this machine. Put both behind one name, or behind a balancer of your network.
            PORT=8084
            PORT2=8085

            \(entries(.compose, of: [BalancerSettings.catalogue, AgentSettings.catalogue]))

            # A commit to show in --version: git rev-parse --short=12 HEAD
            KUMA_COMMIT=

            # A ready image of the cluster fork, or where to build it from.
            #KUMA_IMAGE=registry.example/uptime-kuma-cluster:2.0
            #KUMA_SOURCE=https://github.com/markku636/uptime-kuma-cluster.git
            #KUMA_REF=main

            """)

    /// With an empty line between each two, and nothing at the ends.
    private static func entries(_ file: ExampleLine.File, of catalogues: [SettingCatalogue]) -> String {
        var shown: Set<String> = []
        var entries: [String] = []
        for setting in catalogues.flatMap(\.settings) {
            // Two programs may have one name for two settings, such as `LOG_FORMAT`: what is set there is meant for both.
            for line in setting.exampleLines where line.file == file && shown.insert(line.name).inserted {
                let words = [setting.meaning, setting.advice, line.note, holds(setting, under: line.name)]
                let sign =
                    switch line.form {
                    case .set: ""
                    case .offered: "#"
                    }
                let text = comment(words.compactMap(\.self).joined(separator: " "))
                entries.append(text + "\(sign)\(line.name)=\(line.value)")
            }
        }
        return entries.joined(separator: "\n\n")
    }

    private static func holds(_ setting: SettingDescription, under name: String) -> String? {
        if setting.fileNames.contains(name) { return "[the path of a file that holds it]" }
        return setting.expected == "a text" ? nil : "[\(setting.expected)]"
    }

    /// At most this many characters in a line.
    private static let width = 118

    /// As lines that begin with `#`, for readers without Markdown.
    private static func comment(_ text: String) -> String {
        var lines = ["#"]
        for word in text.split(separator: " ") {
            let plain = word.filter { $0 != "`" }
            if lines[lines.count - 1].count + 1 + plain.count > width { lines.append("#") }
            lines[lines.count - 1] += " \(plain)"
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
