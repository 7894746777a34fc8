// Single settings that both programs have.

extension Setting where Value == Duration {
    package static var healthCheckTimeout: Setting {
        .span(
            "HEALTH_CHECK_TIMEOUT", "How long one health check may take.", unit: .milliseconds,
            in: .milliseconds(100)...(.seconds(30)), fallback: .seconds(5)
        ).shown(in: .service, .offered)
    }
}
