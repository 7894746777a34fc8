import ClusterCore

/// A node as the pin pages list it.
struct PinnableNode: Sendable {
    let id: NodeID
    let name: String

    /// The name people know, and the id where it differs.
    var label: String { name.isEmpty || name == id.text ? id.text : "\(name) (\(id.text))" }
    var link: String { "/lb/fixed-node/\(id.text)" }
}

/// The pages behind `/lb/fixed-node/…` and `/lb/clear-fixed-node`.
enum PinPages {
    static func pinned(to node: PinnableNode, languages: [PageLanguage]) -> Page {
        let title = Phrase(english: "You are pinned to a node", chinese: "您已固定到節點")
        return Page(title: title, languages: languages) { language in
            switch language {
            case .english:
                """
                <p>This browser now uses <strong>\(node.label)</strong> for 7 days, or until the node goes offline.</p>
                <p><a href="/">Open Uptime Kuma</a> · <a href="/lb/clear-fixed-node">Unpin</a></p>

                """
            case .chinese:
                """
                <p>此瀏覽器將在 7 天內使用 <strong>\(node.label)</strong>，直到該節點離線為止。</p>
                <p><a href="/">開啟 Uptime Kuma</a> · <a href="/lb/clear-fixed-node">取消固定</a></p>

                """
            }
        }
    }

    static func refused(
        _ requested: String, because verdict: PinVerdict, available: [PinnableNode], languages: [PageLanguage]
    ) -> Page {
        let title = Phrase(english: "This node cannot be used", chinese: "無法使用此節點")
        return Page(title: title, languages: languages) { language in
            let complaint: HTML = "<p><strong>\(requested)</strong> \(verdict.phrase[language])</p>\n"
            return HTML.joined([complaint, choices(available, language: language)])
        }
    }

    private static func choices(_ available: [PinnableNode], language: PageLanguage) -> HTML {
        guard !available.isEmpty else {
            let nothing = Phrase(english: "No node can be picked at the moment.", chinese: "目前沒有可選擇的節點。")
            return "<p>\(nothing[language])</p>\n"
        }
        let invitation = Phrase(english: "Nodes you can pick:", chinese: "可選擇的節點：")
        let items = available.map { HTML("<li><a href=\"\($0.link)\">\($0.label)</a></li>\n") }
        return "<p>\(invitation[language])</p>\n<ul>\n\(HTML.joined(items))</ul>\n"
    }

    static func cleared(languages: [PageLanguage]) -> Page {
        let title = Phrase(english: "You are no longer pinned", chinese: "已取消固定節點")
        let explanation = Phrase(
            english: "The cluster chooses the least loaded node for you again.", chinese: "叢集將再次為您選擇負載最低的節點。")
        let link = Phrase(english: "Open Uptime Kuma", chinese: "開啟 Uptime Kuma")
        return Page(title: title, languages: languages) { language in
            "<p>\(explanation[language])</p>\n<p><a href=\"/\">\(link[language])</a></p>\n"
        }
    }

    /// A link on another site led here. Following the link on this page is the person's own doing.
    /// - Parameter path: of the request, to be repeated from here.
    static func crossSite(path: String, languages: [PageLanguage]) -> Page {
        let title = Phrase(english: "Please confirm", chinese: "請確認")
        let explanation = Phrase(
            english: "A link on another site led here. Another site may not change which node you use.",
            chinese: "您是由其他網站的連結來到這裡。其他網站不得變更您使用的節點。")
        let link = Phrase(english: "Go on", chinese: "繼續")
        return Page(title: title, languages: languages) { language in
            "<p>\(explanation[language])</p>\n<p><a href=\"\(path)\">\(link[language])</a></p>\n"
        }
    }
}
