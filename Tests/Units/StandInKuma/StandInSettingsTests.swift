import ClusterCore
import Secrets
import StandInKuma
import Testing

@Suite("How a stand-in node reads Kuma's environment")
struct StandInSettingsTests {
    private let whole = [
        "UPTIME_KUMA_NODE_ID": "node2", "UPTIME_KUMA_NODE_NAME": "Taipei", "UPTIME_KUMA_NODE_HOST": "kuma2",
        "UPTIME_KUMA_PRIMARY": "1", "UPTIME_KUMA_PORT": "3007", "UPTIME_KUMA_DB_TYPE": "mariadb",
        "UPTIME_KUMA_DB_HOSTNAME": "db", "UPTIME_KUMA_DB_PORT": "3308", "UPTIME_KUMA_DB_NAME": "kuma",
        "UPTIME_KUMA_DB_USERNAME": "u", "UPTIME_KUMA_DB_PASSWORD": "p", "KUMA_API_KEY": "k",
    ]

    @Test("Every variable has its place")
    func everything() throws {
        let settings = try StandInSettings(environment: whole, exitDelay: .seconds(5))
        #expect(settings.id.text == "node2")
        #expect(settings.name == "Taipei")
        #expect(settings.advertised == NodeAddress(host: "kuma2", port: 3007))
        #expect(settings.role == .primary)
        #expect(settings.port == 3007)
        #expect(
            settings.database
                == StandInSettings.DatabaseAccess(
                    host: "db", port: 3308, name: "kuma", user: "u", password: Secret("p")))
        #expect(settings.apiKey == Secret("k"))
        #expect(settings.exitDelay == .seconds(5))
    }

    @Test("A host with a port keeps it")
    func hostWithPort() throws {
        let environment = whole.merging(["UPTIME_KUMA_NODE_HOST": "127.0.1.2:21000"]) { $1 }
        let settings = try StandInSettings(environment: environment, exitDelay: .zero)
        #expect(settings.advertised.description == "127.0.1.2:21000")
    }

    @Test("NODE_ID stands in for UPTIME_KUMA_NODE_ID")
    func otherName() throws {
        var environment = whole
        environment["UPTIME_KUMA_NODE_ID"] = nil
        environment["NODE_ID"] = "n7"
        #expect(try StandInSettings(environment: environment, exitDelay: .zero).id.text == "n7")
    }

    @Test("Every problem is reported together")
    func problems() throws {
        let environment = ["UPTIME_KUMA_NODE_ID": "no/de", "UPTIME_KUMA_PORT": "x", "UPTIME_KUMA_DB_TYPE": "sqlite"]
        let error = #expect(throws: InvalidStandInSettings.self) {
            try StandInSettings(environment: environment, exitDelay: .zero)
        }
        let text = try #require(error).description
        for key in ["NODE_ID", "PORT", "DB_TYPE", "NODE_HOST", "DB_HOSTNAME", "DB_NAME", "DB_USERNAME"] {
            #expect(text.contains("UPTIME_KUMA_" + key), "\(text)")
        }
    }
}
