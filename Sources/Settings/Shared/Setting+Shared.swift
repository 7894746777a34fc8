// Single settings that both programs have.

extension Setting where Value == Duration {
    /// A plain number counts milliseconds. It bounds a check of a Kuma whose database is frozen, which answers after 10
    /// to 25 s only (FactsAboutKuma.md).
    package static var healthCheckTimeout: Setting {
        .span(
            "HEALTH_CHECK_TIMEOUT", "How long one health check may take.", unit: .milliseconds,
            in: .milliseconds(100)...(.seconds(30)), fallback: .seconds(5)
        ).shown(in: .service, .offered)
    }
}
