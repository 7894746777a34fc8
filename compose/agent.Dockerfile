# kuma-agent: the sidecar of one Kuma node. Build from the repository's root:
#   docker build -f compose/agent.Dockerfile --build-arg KUMA_COMMIT="$(git rev-parse --short=12 HEAD)" -t kuma-agent .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
COPY Tests ./Tests
# The image has no checkout to ask: what `--version` says of the commit comes from here.
ARG KUMA_COMMIT=
RUN swift build -c release --static-swift-stdlib --product kuma-agent \
    && install -s -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/kuma-agent" /out/kuma-agent

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 kuma-agent \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kuma-agent
COPY --from=build /out/kuma-agent /usr/bin/kuma-agent
# In figures, so that Kubernetes can see that it is not root.
USER 10001:10001
# Asks the Kuma beside it, with the same configuration as the agent itself.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["kuma-agent", "probe"]
ENTRYPOINT ["kuma-agent"]
CMD ["run"]
